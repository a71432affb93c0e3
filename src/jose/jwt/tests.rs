use serde_json::from_str;

use super::*;

const NOW: Timestamp = Timestamp(1_800_000_000);

fn times(exp: Option<i64>, nbf: Option<i64>, iat: Option<i64>) -> Times {
    let at = |offset: i64| Timestamp(NOW.0 + offset);
    Times { exp: exp.map(at), nbf: nbf.map(at), iat: iat.map(at) }
}

#[test]
fn our_own_tokens_die_on_their_second() {
    let ours = Expect::ours(NOW);
    assert_eq!(times(Some(1), None, None).check(&ours), Ok(()));
    assert_eq!(times(Some(0), None, None).check(&ours), Err(Cause::Expired));
    assert_eq!(times(None, None, None).check(&ours), Err(Cause::ClaimsMalformed));
    assert_eq!(times(Some(-9999), None, Some(-99_999)).check(&Expect::ours_even_expired(NOW)), Ok(()));
    let future = times(Some(99), None, Some(60)).check(&Expect::ours_even_expired(NOW));
    assert_eq!(future, Err(Cause::NotYetValid));
}

#[test]
fn foreign_clocks_may_differ_by_ten_seconds() {
    let theirs = Expect::theirs(NOW);
    assert_eq!(times(Some(-9), Some(10), Some(10)).check(&theirs), Ok(()));
    assert_eq!(times(Some(-10), None, None).check(&theirs), Err(Cause::Expired));
    assert_eq!(times(Some(60), Some(11), None).check(&theirs), Err(Cause::NotYetValid));
    assert_eq!(times(Some(60), None, Some(61)).check(&theirs), Err(Cause::NotYetValid));
    assert_eq!(times(None, None, None).check(&theirs), Err(Cause::ClaimsMalformed));
    let endless = Expect::theirs_perhaps_endless(NOW);
    assert_eq!(times(None, None, None).check(&endless), Ok(()));
    assert_eq!(times(Some(-10), None, None).check(&endless), Err(Cause::Expired));
}

#[test]
fn moments_are_numbers_in_range() {
    let exp = |json: &str| from_str::<Times>(json).map(|times| times.exp.map(|exp| exp.0)).ok();
    assert_eq!(exp(r#"{"exp":1800000000}"#), Some(Some(1_800_000_000)));
    assert_eq!(exp(r#"{"exp":1800000000.9}"#), Some(Some(1_800_000_000)));
    assert_eq!(exp(r#"{}"#), Some(None));
    for bad in [r#"{"exp":"1800000000"}"#, r#"{"exp":null}"#, r#"{"exp":1e300}"#, r#"{"exp":[1]}"#, r#"{"exp":true}"#] {
        assert_eq!(exp(bad), None, "{bad}");
    }
    assert!(times(Some(i64::MAX - NOW.0), None, None).check(&Expect::theirs(NOW)).is_ok());
}
