//! JSON documents, read piece by piece.

use std::fmt;
use std::io::{self, Read};
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// Bytes of a list that is JSON documents at most, all together.
pub const DOCUMENT_BYTES_MAX: u64 = 64 << 20;

/// Reads no more than [`DOCUMENT_BYTES_MAX`], and fails where there is more.
pub(super) struct Bounded<R> {
    input: R,
    left: u64,
}

impl<R> Bounded<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, left: DOCUMENT_BYTES_MAX }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// Gives each element of an array to a function as it is read. What is no array is an error.
pub(super) struct Each<'f, T> {
    each: &'f mut dyn FnMut(T),
    element: PhantomData<T>,
}

impl<'f, T> Each<'f, T> {
    pub(super) fn new(each: &'f mut dyn FnMut(T)) -> Self {
        Self { each, element: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Each<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            (self.each)(element);
        }
        Ok(())
    }
}

/// Reads an object key by key: `key` is told each key and takes its value; tells whether it took it.
pub(super) struct Keys<F>(pub(super) F);

/// The value of a key, which is read or left.
pub(super) struct Value<'m, 'de, A: MapAccess<'de>> {
    map: &'m mut A,
    taken: bool,
    life: PhantomData<&'de ()>,
}

impl<'de, A: MapAccess<'de>> Value<'_, 'de, A> {
    /// Reads it as `seed` says.
    pub(super) fn read<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.taken = true;
        self.map.next_value_seed(seed)
    }
}

/// What takes the values of an object.
pub(super) trait TakeKey<'de> {
    /// Reads the value of `key`, or leaves it.
    fn key<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: &mut Value<'_, 'de, A>,
    ) -> Result<(), A::Error>;
}

impl<'de, F: TakeKey<'de>> DeserializeSeed<'de> for Keys<&mut F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: TakeKey<'de>> Visitor<'de> for Keys<&mut F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let mut value = Value { map: &mut map, taken: false, life: PhantomData };
            self.0.key(&key, &mut value)?;
            if !value.taken {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Takes a value that should be a `T` and is something else for nothing at all, so that one careless
/// element does not cost the whole document.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: de::DeserializeOwned,
{
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(T::deserialize(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::FormatError;

    #[test]
    fn what_is_too_large_is_told_so() {
        let text = b"[1, 2, 3]";
        let read = |left| {
            let input = Bounded { input: &text[..], left };
            serde_json::from_reader::<_, Vec<u8>>(input).map_err(FormatError::from)
        };
        assert_eq!(read(9).unwrap(), [1, 2, 3]);
        assert!(matches!(read(8), Err(FormatError::TooLarge)));
    }
}
