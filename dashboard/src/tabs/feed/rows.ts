/**
 * The rows of the feed: as many as have been scrolled past, but only so many of them in memory.
 *
 * They lie in pages. A page that is far from what is looked at loses its rows; it keeps its place and
 * its height, so that nothing jumps, and is fetched again when it comes into sight. Pages at the end
 * are forgotten altogether: they are below what is looked at.
 */
import type { StoredAlert } from '../../api/types';
import { firstIndex, type Key, keyOf, order } from './key';

/** Rows in memory at most, but for one page. */
export const ROWS_MAX = 5_000;
/** Rows in a page, as it is fetched. */
export const PAGE = 100;

/** A stretch of the list. */
export interface Page {
  /** It begins behind this alert; the first page with the newest there is. */
  behind: Key | null;
  /** Its last alert; what is behind that belongs to the next page. */
  last: Key;
  /** Absent when it has been dropped. */
  rows: StoredAlert[] | null;
  /** How many rows it has, or had. */
  count: number;
}

export class Rows {
  private pages: Page[] = [];
  private total = 0;
  /** Whether there are more behind the last page. */
  more = false;

  get size(): number {
    return this.total;
  }

  /** Rows that are in memory. */
  get loaded(): number {
    return this.pages.reduce((sum, page) => sum + (page.rows?.length ?? 0), 0);
  }

  /** Whether the newest ones are in memory. */
  get hasHead(): boolean {
    return this.pages.length === 0 || this.pages[0]?.rows !== null;
  }

  /** The last alert of all pages: from where to go on. */
  get end(): Key | null {
    return this.pages.at(-1)?.last ?? null;
  }

  clear(): void {
    this.pages = [];
    this.total = 0;
    this.more = false;
  }

  /** Adds what was fetched from {@link end} on. */
  append(rows: StoredAlert[], more: boolean): void {
    const last = rows.at(-1);
    if (last) {
      this.pages.push({ behind: this.end, last: keyOf(last), rows, count: rows.length });
      this.total += rows.length;
    }
    this.more = more;
  }

  /** The alert at `index`; undefined where it has been dropped. */
  at(index: number): StoredAlert | undefined {
    const found = this.find(index);
    return found?.page.rows?.[found.offset];
  }

  /** Dropped pages among the rows from `first` to `last`. */
  dropped(first: number, last: number): Page[] {
    const found: Page[] = [];
    let begin = 0;
    for (const page of this.pages) {
      if (begin > last) break;
      if (page.rows === null && begin + page.count > first) found.push(page);
      begin += page.count;
    }
    return found;
  }

  /** Gives a dropped page its rows back, as they are now. */
  fill(page: Page, rows: StoredAlert[]): void {
    if (!this.pages.includes(page)) return;
    this.total += rows.length - page.count;
    page.rows = rows;
    page.count = rows.length;
  }

  /** Where the alert is; -1 where it is not, or not in memory. */
  indexOf(key: Key): number {
    const place = this.place(key);
    const row = place?.page.rows?.[place.offset];
    return place && row?.position === key.position ? place.begin + place.offset : -1;
  }

  /** Whether an alert with this key belongs among those in memory. */
  accepts(key: Key): boolean {
    return this.pages.length === 0 ? !this.more : this.place(key) !== undefined;
  }

  /** Puts an alert where it belongs, in the place of its former self; not where rows are dropped. */
  put(stored: StoredAlert): void {
    if (this.pages.length === 0 && !this.more) {
      this.append([stored], false);
      return;
    }
    const place = this.place(keyOf(stored));
    if (!place?.page.rows) return;
    const before = place.page.rows[place.offset];
    if (before?.position === stored.position) {
      if (before.revision <= stored.revision) place.page.rows[place.offset] = stored;
      return;
    }
    place.page.rows.splice(place.offset, 0, stored);
    place.page.count += 1;
    this.total += 1;
    if (order(keyOf(stored), place.page.last) > 0) place.page.last = keyOf(stored);
    this.split(place.page);
  }

  /** Takes an alert out; tells where it was, or -1. */
  remove(key: Key): number {
    const index = this.indexOf(key);
    const found = index < 0 ? undefined : this.find(index);
    if (!found?.page.rows) return -1;
    found.page.rows.splice(found.offset, 1);
    found.page.count -= 1;
    this.total -= 1;
    // A page without rows still has its stretch: it gets rows again if alerts come back.
    return index;
  }

  /** Drops the rows farthest from those between `first` and `last` until there are few enough. */
  trim(first: number, last: number): void {
    let loaded = this.loaded;
    if (loaded <= ROWS_MAX) return;
    const middle = (first + last) / 2;
    let begin = 0;
    const far = this.pages
      .map((page) => {
        const distance = Math.abs(begin + page.count / 2 - middle);
        const seen = begin <= last && begin + page.count > first;
        begin += page.count;
        return { page, distance: seen ? -1 : distance };
      })
      .filter(({ page, distance }) => page.rows !== null && distance >= 0)
      .sort((a, b) => b.distance - a.distance);
    for (const { page } of far) {
      if (loaded <= ROWS_MAX) break;
      loaded -= page.count;
      page.rows = null;
    }
    this.forgetEnd(last);
  }

  /** Forgets dropped pages at the end, which are below what is looked at. */
  private forgetEnd(last: number): void {
    for (let page = this.pages.at(-1); page && page.rows === null; page = this.pages.at(-1)) {
      if (this.total - page.count <= last) return;
      this.pages.pop();
      this.total -= page.count;
      this.more = true;
    }
  }

  /** The first page grows at its top: what is too long becomes two. */
  private split(page: Page): void {
    if (!page.rows || page.rows.length < 2 * PAGE) return;
    const head = page.rows.slice(0, PAGE);
    const rest = page.rows.slice(PAGE);
    const end = head.at(-1);
    if (!end) return;
    const behind = keyOf(end);
    this.pages.splice(this.pages.indexOf(page) + 1, 0, {
      behind,
      last: page.last,
      rows: rest,
      count: rest.length,
    });
    page.rows = head;
    page.count = head.length;
    page.last = behind;
  }

  /** The page and the place in it that belongs to `key`; not in dropped pages, or behind the end. */
  private place(key: Key): { page: Page; begin: number; offset: number } | undefined {
    let begin = 0;
    for (const [index, page] of this.pages.entries()) {
      const isLast = index === this.pages.length - 1;
      if (order(key, page.last) <= 0 || (isLast && !this.more)) {
        const rows = page.rows;
        if (!rows) return undefined;
        const offset = firstIndex(rows.length, (at) => {
          const row = rows[at];
          return row !== undefined && order(keyOf(row), key) >= 0;
        });
        return { page, begin, offset };
      }
      begin += page.count;
    }
    return undefined;
  }

  private find(index: number): { page: Page; offset: number } | undefined {
    let begin = 0;
    for (const page of this.pages) {
      if (index < begin + page.count)
        return index < begin ? undefined : { page, offset: index - begin };
      begin += page.count;
    }
    return undefined;
  }
}
