import { render, screen } from '@solidjs/testing-library';
import { describe, expect, it } from 'vitest';
import type { Role } from '../api/types';
import { showTo } from '../testing/session';
import { useSession } from './session';

function Rights() {
  const session = useSession();
  const roles: Role[] = ['viewer', 'analyst', 'admin'];
  return <p>{roles.filter((role) => session.may(role)).join(' ')}</p>;
}

describe('session', () => {
  it.each<[Role, string]>([
    ['viewer', 'viewer'],
    ['analyst', 'viewer analyst'],
    ['admin', 'viewer analyst admin'],
  ])('of a %s may do what takes: %s', (role, rights) => {
    showTo(role, Rights);
    expect(screen.getByText(rights)).toBeTruthy();
  });

  it('is not there for those who are not signed in', () => {
    expect(() => render(() => <Rights />)).toThrow('outside of a session');
  });
});
