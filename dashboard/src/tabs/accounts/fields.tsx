import { createUniqueId, For } from 'solid-js';
import { ROLES, type Role } from '../../api/types';

/** What each role is for, as the server means it. */
const WHAT: Record<Role, string> = {
  viewer: 'sees everything but accounts and the audit trail',
  analyst: 'sees the same, and acknowledges, archives, comments, suppresses',
  admin: 'does everything: agents, users, tokens, the audit trail too',
};

/** A line of text with its name above it. */
export function TextField(props: {
  name: string;
  value: string;
  set: (value: string) => void;
  type?: 'text' | 'password' | 'number';
  autocomplete?: string;
  pattern?: string;
  title?: string;
  min?: number;
  max?: number;
  minlength?: number;
  maxlength?: number;
  optional?: boolean;
}) {
  return (
    <label class="field">
      <span>{props.name}</span>
      <input
        class="input"
        type={props.type ?? 'text'}
        autocomplete={props.autocomplete ?? 'off'}
        pattern={props.pattern}
        title={props.title}
        min={props.min}
        max={props.max}
        minlength={props.minlength}
        maxlength={props.maxlength}
        required={props.optional !== true}
        value={props.value}
        onInput={(event) => props.set(event.currentTarget.value)}
      />
    </label>
  );
}

/** One of the roles. */
export function RoleField(props: { value: Role; set: (role: Role) => void }) {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>Role</label>
      <select
        id={id}
        aria-describedby={`${id}-what`}
        class="input"
        value={props.value}
        onChange={(event) => props.set(event.currentTarget.value as Role)}
      >
        <For each={ROLES}>{(role) => <option value={role}>{role}</option>}</For>
      </select>
      <span id={`${id}-what`}>{WHAT[props.value]}</span>
    </div>
  );
}

/** What the server takes for a name; it says the same when it is asked anyway. */
export const NAME = {
  pattern: '[A-Za-z0-9._@\\-]{1,64}',
  title: '1 to 64 letters, digits, dots, dashes, underscores or at signs',
} as const;
