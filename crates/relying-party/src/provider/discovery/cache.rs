//! Decides when to read the metadata again. The driver reads, and lets only one request do so at a time.

use std::sync::Arc;

use super::ProviderMetadata;
use crate::provider::call::ProviderFault;
use crate::refusal::Refusal;
use crate::time::Timestamp;
use crate::token::jwks::{COOL_DOWN_SECONDS, SOFT_LIFETIME_SECONDS};

/// After a failed attempt to read metadata that are due again, the next one waits this many seconds. Each
/// reading delays a request, and the present metadata work.
const RETRY_SECONDS: i64 = 300;

/// While there are no metadata, this many readings in a row may fail before a cool-down. The provider may be
/// back at any moment, and nobody can sign in meanwhile.
const MAX_FAILED_READINGS: u8 = 3;

/// The next step for one request that needs an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataPlan {
    /// Use these metadata.
    Use(Arc<ProviderMetadata>),
    /// Read the metadata, and tell the cache the result.
    Read,
    /// They are due: read them and tell the cache the result, unless another request is reading. `meanwhile`
    /// is for those who do not read, and if reading fails.
    ReadAnew {
        /// The present metadata.
        meanwhile: Arc<ProviderMetadata>,
    },
    /// There are none, and the provider was asked within the last seconds.
    Refuse(Refusal),
}

/// The metadata of one provider, and when they were requested.
#[derive(Debug, Default)]
pub struct MetadataCache {
    known: Option<Known>,
    last_fetch: Option<LastFetch>,
}

#[derive(Debug)]
struct Known {
    metadata: Arc<ProviderMetadata>,
    at: Timestamp,
    is_doubtful: bool,
}

#[derive(Debug)]
struct LastFetch {
    at: Timestamp,
    refusal: Option<Refusal>,
    /// The number of failures in a row, including this one.
    failed: u8,
}

impl MetadataCache {
    /// The present metadata, however old.
    pub fn known(&self) -> Option<&Arc<ProviderMetadata>> {
        self.known.as_ref().map(|known| &known.metadata)
    }

    /// Decides for a request that needs an endpoint.
    pub fn plan(&self, now: Timestamp) -> MetadataPlan {
        let Some(known) = &self.known else {
            let recent = self.recent_fetch(COOL_DOWN_SECONDS, now);
            let refusal = recent.filter(|fetch| fetch.failed >= MAX_FAILED_READINGS);
            let refusal = refusal.and_then(|fetch| fetch.refusal.clone());
            return refusal.map_or(MetadataPlan::Read, MetadataPlan::Refuse);
        };
        let is_due = known.is_doubtful || !now.is_within(SOFT_LIFETIME_SECONDS, known.at);
        let pause = if known.is_doubtful { COOL_DOWN_SECONDS } else { RETRY_SECONDS };
        let metadata = Arc::clone(&known.metadata);
        if is_due && self.recent_fetch(pause, now).is_none() {
            MetadataPlan::ReadAnew { meanwhile: metadata }
        } else {
            MetadataPlan::Use(metadata)
        }
    }

    /// The provider contradicts the present metadata, so they become due. True if they may be read at once.
    /// Clients can cause this, so the provider is asked once per cool-down.
    pub fn make_due(&mut self, now: Timestamp) -> bool {
        if let Some(known) = &mut self.known {
            known.is_doubtful = true;
        }
        self.known.is_some() && self.recent_fetch(COOL_DOWN_SECONDS, now).is_none()
    }

    /// A reading has begun. It may be cut off, so until there is a result it counts as failed.
    pub fn asked(&mut self, now: Timestamp) {
        let failed =
            self.recent_fetch(COOL_DOWN_SECONDS, now).map_or(0, |fetch| fetch.failed).saturating_add(1);
        self.last_fetch = Some(LastFetch { at: now, refusal: Some(ProviderFault::TimedOut.into()), failed });
    }

    /// The new metadata replace the present ones completely.
    pub fn read(&mut self, metadata: ProviderMetadata, now: Timestamp) -> Arc<ProviderMetadata> {
        let metadata = Arc::new(metadata);
        self.last_fetch = Some(LastFetch { at: now, refusal: None, failed: 0 });
        self.known = Some(Known { metadata: Arc::clone(&metadata), at: now, is_doubtful: false });
        metadata
    }

    /// The provider could not be asked, or its response was refused. The present metadata stay.
    pub fn failed(&mut self, refusal: Refusal, now: Timestamp) {
        let failed = self.last_fetch.as_ref().map_or(1, |fetch| fetch.failed);
        self.last_fetch = Some(LastFetch { at: now, refusal: Some(refusal), failed });
    }

    fn recent_fetch(&self, seconds: i64, now: Timestamp) -> Option<&LastFetch> {
        self.last_fetch.as_ref().filter(|fetch| now.is_within(seconds, fetch.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::discovery::DiscoveryRefusal;

    const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

    fn metadata(token_endpoint: &str) -> ProviderMetadata {
        ProviderMetadata {
            issuer: "https://login.example.com".to_owned(),
            authorization_endpoint: "https://login.example.com/authorize".to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            jwks_uri: "https://login.example.com/keys".to_owned(),
            userinfo_endpoint: None,
            revocation_endpoint: None,
            end_session_endpoint: None,
            authorization_response_iss: false,
            odd: None,
        }
    }

    fn in_words(plan: &MetadataPlan) -> &'static str {
        match plan {
            MetadataPlan::Use(_) => "use",
            MetadataPlan::Read => "read",
            MetadataPlan::ReadAnew { .. } => "read anew",
            MetadataPlan::Refuse(_) => "refuse",
        }
    }

    #[track_caller]
    fn check(cache: &MetadataCache, expected: &[(i64, &str)]) {
        for (seconds, plan) in expected {
            assert_eq!(in_words(&cache.plan(NOW.plus(*seconds))), *plan, "after {seconds} s");
        }
    }

    #[test]
    fn metadata_last_an_hour() {
        let mut cache = MetadataCache::default();
        check(&cache, &[(0, "read")]);
        cache.read(metadata("old"), NOW);
        check(&cache, &[(0, "use"), (3_599, "use"), (3_600, "read anew"), (-3_600, "read anew")]);
    }

    #[test]
    fn due_metadata_that_cannot_be_had_are_asked_for_every_five_minutes() {
        let mut cache = MetadataCache::default();
        cache.read(metadata("old"), NOW);
        cache.failed(DiscoveryRefusal::Unavailable.into(), NOW.plus(3_600));
        check(&cache, &[(3_600, "use"), (3_899, "use"), (3_900, "read anew")]);
        cache.read(metadata("new"), NOW.plus(3_900));
        check(&cache, &[(3_900, "use"), (7_499, "use"), (7_500, "read anew")]);
        assert_eq!(cache.known().map(|known| known.token_endpoint.as_str()), Some("new"));
    }

    #[test]
    fn doubtful_metadata_are_read_once_in_a_cool_down() {
        let mut cache = MetadataCache::default();
        assert!(!cache.make_due(NOW), "there is nothing to make due");
        cache.read(metadata("old"), NOW);
        assert!(!cache.make_due(NOW.plus(9)), "it was just read");
        check(&cache, &[(9, "use"), (10, "read anew")]);
        assert!(cache.make_due(NOW.plus(10)));
        cache.failed(DiscoveryRefusal::Unavailable.into(), NOW.plus(10));
        check(&cache, &[(19, "use"), (20, "read anew")]);
        assert!(!cache.make_due(NOW.plus(19)));
        cache.read(metadata("new"), NOW.plus(20));
        check(&cache, &[(30, "use"), (3_619, "use"), (3_620, "read anew")]);
    }

    #[test]
    fn metadata_that_never_were_there_are_asked_for_three_times_in_a_cool_down() {
        let refusal = Refusal::from(DiscoveryRefusal::Unavailable);
        let mut cache = MetadataCache::default();
        for _ in 0..3 {
            check(&cache, &[(0, "read")]);
            cache.asked(NOW);
            cache.failed(refusal.clone(), NOW);
        }
        assert_eq!(cache.plan(NOW.plus(9)), MetadataPlan::Refuse(refusal.clone()));
        check(&cache, &[(10, "read")]);
        cache.asked(NOW.plus(10));
        cache.failed(refusal, NOW.plus(10));
        check(&cache, &[(10, "read")]);
    }

    #[test]
    fn a_reading_that_was_cut_off_counts_as_one() {
        let mut cache = MetadataCache::default();
        for _ in 0..3 {
            cache.asked(NOW);
        }
        check(&cache, &[(0, "refuse"), (10, "read")]);
        cache.read(metadata("old"), NOW.plus(10));
        cache.asked(NOW.plus(3_610));
        check(&cache, &[(3_610, "use"), (3_909, "use"), (3_910, "read anew")]);
    }
}
