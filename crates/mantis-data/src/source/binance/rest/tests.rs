use super::*;
use proptest::prelude::*;

#[test]
fn documented_funding_is_read() {
    let text = include_str!("../../../../../../fixtures/samples/binance_fapi_fundingRate_doc.json");
    let rows = funding("x", &serde_json::from_str(text).unwrap()).unwrap();
    assert_eq!(rows.column("funding_rate"), Some(&[-0.0375, 0.0001][..]));
    assert_eq!(rows.column("mark_price").unwrap()[0], 34_287.546_199_63);
    assert_eq!(rows.times()[1].as_millis(), 1_570_636_800_000);
}

#[test]
fn rows_of_another_form_are_named() {
    let value = serde_json::json!([[1735689600000_i64, "1", "2", "x"]]);
    let message = klines("api", &value, Interval::HOUR).unwrap_err().to_string();
    assert!(message.contains("row 0 has another form"), "{message}");
    assert!(klines("api", &serde_json::json!({"a": 1}), Interval::HOUR).is_err());
    assert!(
        funding("api", &serde_json::json!([{"fundingTime": 1, "fundingRate": "nan"}])).is_err()
    );
}

proptest! {
    #[test]
    fn arbitrary_json_does_not_panic(text in r#"[\[\]{}":,0-9a-z.\-]{0,60}"#) {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let _ = klines("x", &value, Interval::HOUR);
            let _ = funding("x", &value);
            let _ = open_interest("x", &value);
        }
    }
}
