//! Packed text: an object's JSON compressed against a dictionary shared by its kind.
//!
//! Objects of one kind repeat each other almost word for word, so the first few of them, taken raw,
//! make a dictionary that shrinks a pod of 6 KB to well under 1 KB. Each thread keeps zstd's work tables from
//! text to text. Nothing here locks a shard.

use std::cell::RefCell;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::io;
use std::sync::{Arc, LazyLock, OnceLock};

use parking_lot::Mutex;
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::{self, CCtx, DCtx};

const LEVEL: i32 = 1;
/// More than this many samples add bytes, not variety.
const SAMPLES: usize = 24;
/// A larger dictionary costs more to search than it saves.
const DICTIONARY_BYTES: usize = 64 * 1024;
/// One sample may not crowd out the others.
const SAMPLE_BYTES: usize = DICTIONARY_BYTES / 4;

/// An object's text, as it is kept.
#[derive(Clone, Debug)]
pub(crate) enum Packed {
    /// Not compressed yet.
    Plain(Arc<[u8]>),
    /// Too small or too odd to shrink: it stays as it is.
    Bare(Arc<[u8]>),
    /// zstd without a dictionary, and the plain length.
    Alone(Arc<[u8]>, u32),
    /// zstd with the kind's dictionary, and the plain length.
    Shared(Arc<[u8]>, u32),
    /// Given up to save memory.
    Dropped,
}

impl Packed {
    /// Returns the bytes held.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Plain(bytes) | Self::Bare(bytes) | Self::Alone(bytes, _) | Self::Shared(bytes, _) => {
                bytes.len() + 16
            }
            Self::Dropped => 0,
        }
    }

    /// Returns the bytes that wait for compression.
    pub(crate) fn plain(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Bare(_) | Self::Alone(..) | Self::Shared(..) | Self::Dropped => 0,
        }
    }
}

/// The dictionary of one kind on one cluster; shared by its shards.
#[derive(Default)]
pub(crate) struct Dictionary {
    ready: OnceLock<Prepared>,
    samples: Mutex<Samples>,
}

struct Prepared {
    encoder: EncoderDictionary<'static>,
    decoder: DecoderDictionary<'static>,
}

#[derive(Default)]
struct Samples {
    seen: HashSet<u64>,
    content: Vec<u8>,
}

impl std::fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dictionary").field("ready", &self.ready.get().is_some()).finish()
    }
}

impl Dictionary {
    /// Returns whether the dictionary is built, so that a text packs in microseconds.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.get().is_some()
    }

    /// Offers the text of an object, named by `identity`, as a sample; builds when there are enough.
    pub(crate) fn offer(&self, identity: u64, text: &[u8]) {
        if self.is_ready() {
            return;
        }
        let mut samples = self.samples.lock();
        if self.is_ready() || !samples.seen.insert(identity) {
            return;
        }
        let take = text.len().min(SAMPLE_BYTES).min(DICTIONARY_BYTES.saturating_sub(samples.content.len()));
        samples.content.extend_from_slice(text.get(..take).unwrap_or_default());
        if samples.seen.len() < SAMPLES && samples.content.len() < DICTIONARY_BYTES {
            return;
        }
        let content = std::mem::take(&mut *samples).content;
        let prepared = EncoderDictionary::try_copy(&content, LEVEL)
            .and_then(|encoder| Ok(Prepared { encoder, decoder: DecoderDictionary::try_copy(&content)? }));
        if let Ok(prepared) = prepared {
            let _ = self.ready.set(prepared);
        }
    }

    /// Returns the packed form of a text; it stays plain when packing does not make it smaller.
    pub(crate) fn pack(&self, text: &[u8]) -> Packed {
        TABLES.with_borrow_mut(|tables| {
            let Tables { compressing, bytes, .. } = tables;
            let compressing = compressing.get_or_insert_with(CCtx::create);
            bytes.clear();
            bytes.reserve(zstd_safe::compress_bound(text.len()));
            let shared = self.ready.get();
            let done = match shared {
                Some(prepared) => compressing.compress_using_cdict(bytes, text, prepared.encoder.as_cdict()),
                None => compressing.compress(bytes, text, LEVEL),
            };
            let packed = match (done, u32::try_from(text.len())) {
                (Ok(_), Ok(len)) if bytes.len() < text.len() && shared.is_some() => {
                    Packed::Shared(bytes.as_slice().into(), len)
                }
                (Ok(_), Ok(len)) if bytes.len() < text.len() => Packed::Alone(bytes.as_slice().into(), len),
                _ => Packed::Bare(text.into()),
            };
            if bytes.capacity() > KEPT_BYTES {
                *bytes = Vec::new();
            }
            packed
        })
    }

    /// Returns the plain text.
    ///
    /// # Errors
    /// When the bytes are damaged, which only a defect can cause, or were given up.
    pub(crate) fn unpack(&self, packed: &Packed) -> io::Result<Vec<u8>> {
        let (bytes, len) = match packed {
            Packed::Plain(bytes) | Packed::Bare(bytes) => return Ok(bytes.to_vec()),
            Packed::Dropped => return Err(io::Error::other("the text was not kept")),
            Packed::Alone(bytes, len) | Packed::Shared(bytes, len) => (bytes, *len as usize),
        };
        let mut text = Vec::with_capacity(len);
        let done = TABLES.with_borrow_mut(|tables| {
            let decompressing = tables.decompressing.get_or_insert_with(DCtx::create);
            match (packed, self.ready.get()) {
                (Packed::Shared(..), Some(prepared)) => {
                    decompressing.decompress_using_ddict(&mut text, bytes, prepared.decoder.as_ddict())
                }
                (Packed::Shared(..), None) => return Err(io::Error::other("the dictionary is missing")),
                _ => decompressing.decompress(&mut text, bytes),
            }
            .map_err(|code| io::Error::other(zstd_safe::get_error_name(code)))
        });
        done.map(|_| text)
    }
}

/// What a thread keeps from text to text.
#[derive(Default)]
struct Tables {
    compressing: Option<CCtx<'static>>,
    decompressing: Option<DCtx<'static>>,
    bytes: Vec<u8>,
}

/// Room for a packed text that is kept; a text may be much larger once.
const KEPT_BYTES: usize = 256 * 1024;

thread_local! {
    static TABLES: RefCell<Tables> = RefCell::default();
}

/// Returns a fingerprint of a text: equal texts are not stored again.
pub(crate) fn fingerprint(text: &[u8]) -> u64 {
    // Seeded anew in each run: nobody can prepare two texts that look the same.
    static SEED: LazyLock<foldhash::quality::RandomState> = LazyLock::new(Default::default);
    SEED.hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    #[test]
    fn pods_of_six_kilobytes_pack_to_less_than_one() {
        let dictionary = Dictionary::default();
        let texts: Vec<Vec<u8>> = (0..200).map(sample::pod_text).collect();
        for (i, text) in texts.iter().enumerate() {
            dictionary.offer(i as u64, text);
        }
        assert!(dictionary.is_ready());
        let (mut plain, mut held) = (0, 0);
        for text in &texts {
            let packed = dictionary.pack(text);
            assert!(matches!(packed, Packed::Shared(..)));
            assert_eq!(dictionary.unpack(&packed).unwrap(), *text);
            (plain, held) = (plain + text.len(), held + packed.held());
        }
        assert!(plain / texts.len() > 5_000, "the sample is too small to prove anything: {}", plain / 200);
        assert!(held * 4 < plain && held / texts.len() <= 1024, "{held} of {plain}");
    }

    #[test]
    fn a_kind_with_few_objects_packs_without_a_dictionary() {
        let dictionary = Dictionary::default();
        let text = sample::pod_text(1);
        for _ in 0..100 {
            dictionary.offer(1, &text);
        }
        assert!(!dictionary.is_ready(), "one object is no variety");
        let packed = dictionary.pack(&text);
        assert!(matches!(packed, Packed::Alone(..)));
        assert_eq!(dictionary.unpack(&packed).unwrap(), text);
    }

    #[test]
    fn a_text_that_does_not_shrink_stays_as_it_is() {
        let dictionary = Dictionary::default();
        let packed = dictionary.pack(b"{}");
        assert!(matches!(packed, Packed::Bare(_)));
        assert_eq!(dictionary.unpack(&packed).unwrap(), b"{}");
    }
}
