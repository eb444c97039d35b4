import { A, useLocation } from '@solidjs/router';
import { createEffect, For, type ParentProps, Show, Suspense } from 'solid-js';
import type { Role } from '../api/types';
import { useSession } from '../state/session';
import { UnseenProvider, useUnseen } from '../state/unseen';
import { count } from '../ui/number';
import { Loading } from '../ui/states';
import { Account } from './Account';
import { Connection } from './Connection';
import { Export } from './Export';
import './shell.css';

interface Tab {
  path: string;
  name: string;
  needs: Role;
}

const TABS: readonly Tab[] = [
  { path: '/', name: 'Overview', needs: 'viewer' },
  { path: '/feed', name: 'Live Feed', needs: 'viewer' },
  { path: '/agents', name: 'Agents', needs: 'viewer' },
  { path: '/analytics', name: 'Analytics', needs: 'viewer' },
  { path: '/suppressions', name: 'Suppressions', needs: 'viewer' },
  { path: '/accounts', name: 'Users and tokens', needs: 'admin' },
];

/** The top bar, the tabs and the banner around every page. */
export function Shell(props: ParentProps) {
  return (
    <UnseenProvider>
      <Frame>{props.children}</Frame>
    </UnseenProvider>
  );
}

function Frame(props: ParentProps) {
  const session = useSession();
  const unseen = useUnseen();
  const location = useLocation();
  const tabs = () => TABS.filter((tab) => session.may(tab.needs));
  let nav: HTMLElement | undefined;
  // Where there is little room the tabs scroll: the one that is open is to be seen.
  createEffect(() => {
    const { pathname } = location;
    const open = tabs().findIndex((tab) => tab.path === pathname);
    nav?.children[open]?.scrollIntoView?.({ block: 'nearest', inline: 'center' });
  });
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <h1 class="brand">
          <img src="/favicon.svg" alt="" width="26" height="26" />
          NetSentinel
        </h1>
        <nav ref={nav} aria-label="Pages">
          <For each={tabs()}>
            {(tab) => (
              <A
                href={tab.path}
                end
                class="tab"
                aria-current={location.pathname === tab.path ? 'page' : undefined}
              >
                {tab.name}
                <Show when={tab.path === '/feed' && unseen.unseen() > 0}>
                  <span class="unseen" title={`${count(unseen.unseen())} not seen yet`}>
                    {unseen.unseen() > 999 ? '999+' : unseen.unseen()}
                    <span class="visually-hidden"> alerts not seen yet</span>
                  </span>
                </Show>
              </A>
            )}
          </For>
        </nav>
        <div class="row">
          <Connection />
          <Export />
          <Account />
        </div>
      </header>
      <main id="content" tabindex="-1">
        <Suspense fallback={<Loading what="the page" />}>{props.children}</Suspense>
      </main>
    </div>
  );
}

/** The address behind `#` is the page: so the jump is made by hand. */
function skip() {
  document.getElementById('content')?.focus();
}
