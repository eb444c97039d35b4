import { HashRouter, Route } from '@solidjs/router';
import { lazy } from 'solid-js';
import { Overview } from '../tabs/overview/Overview';
import { Shell } from './Shell';

// What is not seen first is not loaded first.
const Feed = lazy(() => import('../tabs/feed/Feed'));
const Agents = lazy(() => import('../tabs/agents/Agents'));
const Analytics = lazy(() => import('../tabs/analytics/Analytics'));
const Suppressions = lazy(() => import('../tabs/suppressions/Suppressions'));
const Accounts = lazy(() => import('../tabs/accounts/Accounts'));

/** The tabs, by the part of the address behind `#`: it never leaves the browser, and can be shared. */
export function Pages() {
  return (
    <HashRouter root={Shell}>
      <Route path="/" component={Overview} />
      <Route path="/feed" component={Feed} />
      <Route path="/agents" component={Agents} />
      <Route path="/analytics" component={Analytics} />
      <Route path="/suppressions" component={Suppressions} />
      <Route path="/accounts" component={Accounts} />
      <Route path="*" component={Overview} />
    </HashRouter>
  );
}
