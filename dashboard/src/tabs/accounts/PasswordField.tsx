import { TextField } from './fields';

/** A password for somebody else: the browser is not to fill in one's own. */
export function PasswordField(props: { value: string; set: (value: string) => void }) {
  return (
    <TextField
      name="Password, of at least 12 characters"
      type="password"
      autocomplete="new-password"
      minlength={12}
      value={props.value}
      set={props.set}
    />
  );
}
