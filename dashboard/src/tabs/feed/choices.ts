/** What the filter offers. */

/** The detectors there are, by id and by the name that alerts show. */
export const DETECTORS: readonly (readonly [id: string, name: string])[] = [
  ['port_scan', 'Port Scan'],
  ['syn_flood', 'SYN Flood'],
  ['icmp_flood', 'ICMP Flood'],
  ['suspicious_port', 'Suspicious Port'],
  ['arp_spoofing', 'ARP Spoofing'],
  ['dns_tunnelling', 'DNS Tunnelling'],
  ['data_exfiltration', 'Data Exfiltration'],
  ['brute_force', 'Brute Force'],
  ['sensor', 'Sensor'],
];

/** How far back, as the address has it. */
export const RANGES: readonly (readonly [since: string, name: string])[] = [
  ['', 'Any time'],
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];

/** Whether `since` and `until` are one of {@link RANGES}. */
export const isRange = (since: string, until: string): boolean =>
  until === '' && RANGES.some(([range]) => range === since);

/** `iso` as a field for local times has it; empty where it is no time. */
export function toLocal(iso: string): string {
  const at = new Date(iso);
  if (iso === '' || Number.isNaN(at.getTime())) return '';
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** What a field for local times says, as the address has it. */
export function fromLocal(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
