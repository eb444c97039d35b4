//! Where windows keep their events: queues of chunks from a pool of fixed size.

use std::iter;

use crate::Timestamp;

/// No chunk: the end of a chain.
const NONE: u32 = u32::MAX;

/// A fixed number of chunks of `N` dated values, shared by any number of [`Queue`]s.
///
/// `N` is for the caller to choose so that a chunk fills a cache line.
#[derive(Debug)]
pub(super) struct ChunkPool<V, const N: usize> {
    /// The chunks used so far, each initialised by its first value.
    chunks: Vec<Chunk<V, N>>,
    max_chunks: usize,
    /// The first of the chunks given back.
    vacant: u32,
}

/// A first-in first-out queue in a [`ChunkPool`]: a handle, to be used with its own pool only and
/// to be released before it is dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Queue {
    head: u32,
    tail: u32,
    /// Where in the head the oldest value is.
    first: u32,
    len: u32,
}

/// One place in a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    chunk: u32,
    at: usize,
}

#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Chunk<V, const N: usize> {
    times: [Timestamp; N],
    values: [V; N],
    next: u32,
}

const _: () = assert!(size_of::<Chunk<(), 7>>() == 64);
const _: () = assert!(size_of::<Chunk<u16, 6>>() == 64);
const _: () = assert!(size_of::<Chunk<u32, 5>>() == 64);

impl Queue {
    /// A queue of nothing, which holds no chunk.
    pub(super) const EMPTY: Self = Self { head: NONE, tail: NONE, first: 0, len: 0 };

    /// Number of values.
    pub(super) fn len(self) -> u32 {
        self.len
    }

    /// Where in its chunk the value number `index` is.
    fn offset<const N: usize>(self, index: u32) -> usize {
        (self.first as usize + index as usize) % N
    }
}

impl<V: Copy, const N: usize> ChunkPool<V, N> {
    /// A pool of `max_chunks` chunks, at least one and at most 2³² − 2.
    pub(super) fn new(max_chunks: usize) -> Self {
        const { assert!(N > 0) };
        let max_chunks = max_chunks.clamp(1, NONE as usize - 1);
        Self { chunks: Vec::with_capacity(max_chunks), max_chunks, vacant: NONE }
    }

    /// Takes memory for more chunks, up to `max_chunks`; a pool that has as many stays as it is.
    pub(super) fn grow(&mut self, max_chunks: usize) {
        self.max_chunks = self.max_chunks.max(max_chunks.min(NONE as usize - 1));
        self.chunks.reserve_exact(self.max_chunks - self.chunks.len());
    }

    /// Memory taken, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.capacity() * size_of::<Chunk<V, N>>()
    }

    /// Whether a chunk is free.
    pub(super) fn has_room(&self) -> bool {
        self.vacant != NONE || self.chunks.len() < self.max_chunks
    }

    /// Appends a value; `false` if that takes another chunk and none is free.
    #[must_use]
    pub(super) fn push(&mut self, queue: &mut Queue, time: Timestamp, value: V) -> bool {
        let at = queue.offset::<N>(queue.len);
        if queue.len == 0 || at == 0 {
            let Some(chunk) = self.allocate(time, value) else { return false };
            if queue.len == 0 {
                *queue = Queue { head: chunk, ..Queue::EMPTY };
            } else {
                self.chunks[queue.tail as usize].next = chunk;
            }
            queue.tail = chunk;
        } else {
            self.set(Place { chunk: queue.tail, at }, time, value);
        }
        queue.len += 1;
        true
    }

    /// The oldest value.
    pub(super) fn front(&self, queue: &Queue) -> Option<(Timestamp, V)> {
        (queue.len > 0).then(|| self.at(Place { chunk: queue.head, at: queue.first as usize }))
    }

    /// The newest value and its place.
    pub(super) fn back(&self, queue: &Queue) -> Option<(Place, Timestamp, V)> {
        let place = Place { chunk: queue.tail, at: queue.offset::<N>(queue.len.checked_sub(1)?) };
        let (time, value) = self.at(place);
        Some((place, time, value))
    }

    /// Takes the oldest value out.
    pub(super) fn pop(&mut self, queue: &mut Queue) -> Option<(Timestamp, V)> {
        let popped = self.front(queue)?;
        queue.first += 1;
        queue.len -= 1;
        if queue.len == 0 {
            self.release(queue);
        } else if queue.first as usize == N {
            let next = self.chunks[queue.head as usize].next;
            self.give_back(queue.head, queue.head);
            (queue.head, queue.first) = (next, 0);
        }
        Some(popped)
    }

    /// Empties the queue, at a fixed cost.
    pub(super) fn release(&mut self, queue: &mut Queue) {
        if queue.head != NONE {
            self.give_back(queue.head, queue.tail);
        }
        *queue = Queue::EMPTY;
    }

    /// All values with their places, oldest first.
    #[inline]
    pub(super) fn iter(&self, queue: Queue) -> impl Iterator<Item = (Place, Timestamp, V)> {
        let mut place = Place { chunk: queue.head, at: queue.first as usize };
        let mut chunk = self.chunks.get(queue.head as usize);
        let mut left = queue.len;
        iter::from_fn(move || {
            left = left.checked_sub(1)?;
            if place.at == N {
                place = Place { chunk: chunk?.next, at: 0 };
                chunk = self.chunks.get(place.chunk as usize);
            }
            let at = place;
            place.at += 1;
            let chunk = chunk?;
            Some((at, *chunk.times.get(at.at)?, *chunk.values.get(at.at)?))
        })
    }

    /// Overwrites one value.
    pub(super) fn set(&mut self, place: Place, time: Timestamp, value: V) {
        let chunk = &mut self.chunks[place.chunk as usize];
        chunk.times[place.at] = time;
        chunk.values[place.at] = value;
    }

    /// Replaces neighbours by what `merge` makes of them, dated as the later of the two, where it
    /// makes something; each value is merged once at most. Returns the number of merges.
    pub(super) fn merge_pairs(
        &mut self,
        queue: &mut Queue,
        merge: impl Fn(V, V) -> Option<V>,
    ) -> u64 {
        if queue.len == 0 {
            return 0;
        }
        let mut read = Place { chunk: queue.head, at: queue.first as usize };
        // Written from the start of the head, never ahead of what is read.
        let mut write = Place { chunk: queue.head, at: 0 };
        let mut merged = Queue { first: 0, len: 0, ..*queue };
        let mut left = queue.len;
        while left > 0 {
            let (mut time, mut value) = self.at(read);
            (read, left) = (self.after(read), left - 1);
            if left > 0 {
                let (later, next) = self.at(read);
                if let Some(both) = merge(value, next) {
                    (time, value) = (later, both);
                    (read, left) = (self.after(read), left - 1);
                }
            }
            self.set(write, time, value);
            merged.tail = write.chunk;
            merged.len += 1;
            write = self.after(write);
        }
        if merged.tail != queue.tail {
            self.give_back(self.chunks[merged.tail as usize].next, queue.tail);
        }
        let merges = queue.len - merged.len;
        *queue = merged;
        u64::from(merges)
    }

    fn at(&self, place: Place) -> (Timestamp, V) {
        let chunk = &self.chunks[place.chunk as usize];
        (chunk.times[place.at], chunk.values[place.at])
    }

    fn after(&self, place: Place) -> Place {
        if place.at + 1 < N {
            Place { at: place.at + 1, ..place }
        } else {
            Place { chunk: self.chunks[place.chunk as usize].next, at: 0 }
        }
    }

    /// A chunk whose first value is given.
    fn allocate(&mut self, time: Timestamp, value: V) -> Option<u32> {
        if self.vacant != NONE {
            let chunk = self.vacant;
            self.vacant = self.chunks[chunk as usize].next;
            self.set(Place { chunk, at: 0 }, time, value);
            Some(chunk)
        } else if self.chunks.len() < self.max_chunks {
            self.chunks.push(Chunk { times: [time; N], values: [value; N], next: NONE });
            // Fits: there are fewer than `NONE` chunks.
            Some(self.chunks.len() as u32 - 1)
        } else {
            None
        }
    }

    /// Takes back the chain of chunks from `head` to `tail`.
    fn give_back(&mut self, head: u32, tail: u32) {
        self.chunks[tail as usize].next = self.vacant;
        self.vacant = head;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const QUEUES: usize = 3;
    const CHUNKS: usize = 4;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Push(usize, u8),
        Pop(usize),
        Release(usize),
        Merge(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let queue = 0..QUEUES;
        prop_oneof![
            8 => (queue.clone(), any::<u8>()).prop_map(|(queue, value)| Step::Push(queue, value)),
            4 => queue.clone().prop_map(Step::Pop),
            1 => queue.clone().prop_map(Step::Release),
            1 => queue.prop_map(Step::Merge),
        ]
    }

    fn merged(queue: &VecDeque<(Timestamp, u8)>) -> VecDeque<(Timestamp, u8)> {
        let mut out = VecDeque::new();
        let mut left = queue.iter().copied().peekable();
        while let Some((mut time, mut value)) = left.next() {
            let both = left.peek().and_then(|next| value.checked_add(next.1));
            if let Some((sum, (later, _))) = both.and_then(|sum| Some((sum, left.next()?))) {
                (time, value) = (later, sum);
            }
            out.push_back((time, value));
        }
        out
    }

    proptest! {
        #[test]
        fn queues_hold_what_was_pushed(steps in prop::collection::vec(step(), 0..200)) {
            let mut pool = ChunkPool::<u8, 3>::new(CHUNKS);
            let mut queues = [Queue::EMPTY; QUEUES];
            let mut model: [VecDeque<(Timestamp, u8)>; QUEUES] = Default::default();
            let bytes = pool.bytes();
            for (time, step) in steps.into_iter().enumerate() {
                let now = Timestamp::from_nanos(time as i64);
                match step {
                    Step::Push(q, value) => {
                        let room = pool.has_room();
                        if pool.push(&mut queues[q], now, value) {
                            model[q].push_back((now, value));
                        } else {
                            prop_assert!(!room);
                        }
                    }
                    Step::Pop(q) => prop_assert_eq!(pool.pop(&mut queues[q]), model[q].pop_front()),
                    Step::Release(q) => {
                        pool.release(&mut queues[q]);
                        model[q].clear();
                    }
                    Step::Merge(q) => {
                        let merges = pool.merge_pairs(&mut queues[q], u8::checked_add);
                        let after = merged(&model[q]);
                        prop_assert_eq!(merges as usize, model[q].len() - after.len());
                        model[q] = after;
                    }
                }
                for (queue, model) in queues.iter().zip(&model) {
                    let held: Vec<_> = pool.iter(*queue).map(|(_, t, v)| (t, v)).collect();
                    prop_assert_eq!(&held, &Vec::from(model.clone()));
                    prop_assert_eq!(pool.front(queue), model.front().copied());
                    let back = pool.back(queue).map(|(_, time, value)| (time, value));
                    prop_assert_eq!(back, model.back().copied());
                }
            }
            // Every chunk comes back.
            for queue in &mut queues {
                pool.release(queue);
            }
            let mut queue = Queue::EMPTY;
            for n in 0..CHUNKS * 3 {
                prop_assert!(pool.push(&mut queue, Timestamp::MIN, n as u8));
            }
            prop_assert!(!pool.push(&mut queue, Timestamp::MIN, 0));
            prop_assert_eq!(pool.bytes(), bytes);
        }
    }
}
