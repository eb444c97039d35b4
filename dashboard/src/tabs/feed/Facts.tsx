/** The parts of the sheet that only tell. */
import { For, type ParentProps, Show } from 'solid-js';
import type { Alert, Endpoint, StoredAlert } from '../../api/types';
import { count } from '../../ui/number';
import { Time } from '../../ui/Time';
import { techniqueHref } from './attack';
import { providerName, verdicts } from './verdicts';

/** A name and what is known under it. */
export function Fact(props: ParentProps<{ name: string }>) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class="wire">{props.children}</dd>
    </div>
  );
}

/** What is known of the endpoint that the rule asks about. */
export function Reputation(props: { note: Alert['reputation'] }) {
  return (
    <Show when={props.note}>
      {(note) => (
        <section class="detail-part">
          <h3>Reputation</h3>
          <p>
            <span class="wire mono">{note().indicator.slice(0, 300)}</span>:{' '}
            <strong>{note().tier}</strong>
            {/* Each verdict has its own below; told once is enough. */}
            <Show when={verdicts(note()).length === 0 && note().detail}>
              {(detail) => <span class="wire">. {detail().slice(0, 2_000)}</span>}
            </Show>
          </p>
          <Show when={verdicts(note()).length > 0}>
            <ul class="detail-list">
              <For each={verdicts(note())}>
                {(verdict) => (
                  <li class="verdict">
                    <span class="wire">{providerName(verdict.provider)}</span>{' '}
                    <strong>{verdict.tier}</strong>{' '}
                    <span class="muted wire">{verdict.detail?.slice(0, 2_000)}</span>
                  </li>
                )}
              </For>
            </ul>
          </Show>
        </section>
      )}
    </Show>
  );
}

/** What the behaviour is called in ATT&CK. */
export function Techniques(props: { list: Alert['attack'] }) {
  return (
    <Show when={props.list.length > 0}>
      <section class="detail-part">
        <h3>MITRE ATT&CK</h3>
        <ul class="detail-list">
          <For each={props.list}>
            {(one) => (
              <li>
                <Show
                  when={techniqueHref(one.technique)}
                  fallback={<span class="wire mono">{one.technique}</span>}
                >
                  {(href) => (
                    <a href={href()} target="_blank" rel="noopener noreferrer" class="mono">
                      {one.technique}
                      <span class="visually-hidden"> at attack.mitre.org, in a new tab</span>
                    </a>
                  )}
                </Show>{' '}
                <span class="wire">{one.name}</span> <span class="muted wire">({one.tactic})</span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

/** Where and by whom it was seen. */
export function Circumstances(props: { stored: StoredAlert }) {
  const alert = () => props.stored.alert;
  return (
    <section class="detail-part">
      <h3>Where it was seen</h3>
      <dl class="facts">
        <End name="Source" of={alert().source} />
        <End name="Target" of={alert().target} />
        <Show when={alert().flow}>
          {(flow) => (
            <>
              <Fact name="Flow">
                <span class="mono">
                  {flow().proto} {withPort(flow().source_ip, flow().source_port)} →{' '}
                  {withPort(flow().destination_ip, flow().destination_port)}
                </span>
              </Fact>
              <Fact name="Community ID">
                <span class="mono">{flow().community_id}</span>
              </Fact>
            </>
          )}
        </Show>
        <Fact name="Frame">{alert().frame === 0 ? 'none' : count(alert().frame)}</Fact>
        <Fact name="Interface">{alert().interface ?? 'not known'}</Fact>
        <Fact name="Agent">
          {alert().agent.hostname || 'not named'}
          {alert().agent.os && ` (${alert().agent.os})`}
        </Fact>
        <Fact name="Agent’s id">
          <span class="mono">{alert().agent.id}</span>
        </Fact>
        <Fact name="Rule">
          <span class="mono">
            {alert().rule} ({alert().signature})
          </span>
        </Fact>
        <Fact name="Alert’s id">
          <span class="mono">{alert().id}</span>
        </Fact>
        <Fact name="Updates">{count(alert().update)}</Fact>
        <Fact name="Received">
          <Time at={props.stored.received} />
        </Fact>
      </dl>
    </section>
  );
}

function End(props: { name: string; of: Endpoint }) {
  const kind = () =>
    props.of.internal === true ? 'internal' : props.of.internal === false ? 'external' : '';
  return (
    <Fact name={props.name}>
      <span class="mono">
        {props.of.ip ? withPort(props.of.ip, props.of.port) : (props.of.mac ?? '–')}
      </span>
      <span class="muted">
        {kind() && ` ${kind()}`}
        {props.of.ip && props.of.mac ? `, ${props.of.mac}` : ''}
      </span>
    </Fact>
  );
}

function withPort(ip: string, port: number | null | undefined): string {
  if (port === null || port === undefined) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}
