//! The named plans.

use super::{FeaturePlan, ModeSettings};
use crate::registry::ColumnSpec;

/// Columns of the symbol's own bars and funding in the guide's plan, all without unit.
const OWN: &[&str] = &[
    // trend
    "sma_ratio_5",
    "sma_ratio_10",
    "sma_ratio_20",
    "sma_ratio_50",
    "sma_ratio_100",
    "sma_ratio_200",
    "ema_ratio_5",
    "ema_ratio_10",
    "ema_ratio_20",
    "ema_ratio_50",
    "ema_ratio_100",
    "ema_ratio_200",
    "kama_ratio_10",
    "hma_ratio_20",
    "linreg_slope_ratio_14",
    "linreg_slope_ratio_50",
    "sar_ratio",
    "adx_14",
    "di_balance_14",
    "aroonosc_25",
    // momentum
    "rsi_14",
    "rsi_21",
    "macd_ratio",
    "macd_signal_ratio",
    "macd_hist_ratio",
    "roc_5",
    "roc_10",
    "roc_20",
    "trix_15",
    "stoch_k",
    "stoch_d",
    "stochrsi_k",
    "willr_14",
    "cci_20",
    "cmo_14",
    "ultosc",
    "bop",
    "close_rank_24",
    "close_rank_168",
    // volatility
    "atr_ratio_14",
    "std_ratio_10",
    "std_ratio_20",
    "std_ratio_50",
    "retstd_sample_10",
    "retstd_sample_20",
    "retstd_sample_50",
    "bb_width_20",
    "bb_width_50",
    "bb_pctb_20",
    "bb_pctb_50",
    "donchian_pos_20",
    "keltner_pos_20_10_2",
    "parkinson_20",
    "garman_klass_20",
    "rogers_satchell_20",
    "yang_zhang_20",
    "realised_vol_24",
    "vol_regime_24_168",
    "rskew_24",
    "rskew_168",
    "rkurt_24",
    "rkurt_168",
    "hurst_256",
    // volume
    "obv_share_20",
    "obv_z_50",
    "vol_ratio_5",
    "vol_ratio_10",
    "vol_ratio_20",
    "vol_ratio_50",
    "volume_z_168",
    "correl_cv_20",
    "correl_rv_20",
    "mfi_14",
    "cmf_20",
    "vwap_ratio_24",
    "vwap_day_ratio",
    // price
    "ret_1",
    "ret_2",
    "ret_3",
    "ret_6",
    "ret_12",
    "ret_24",
    "logret_1",
    "logret_2",
    "logret_3",
    "logret_6",
    "logret_12",
    "logret_24",
    "retz_1_168",
    "retz_3_168",
    "retz_6_168",
    "retz_24_168",
    "reversal_1",
    "reversal_2",
    "reversal_4",
    "hl_spread",
    "oc_spread",
    "close_location",
    "upper_wick",
    "lower_wick",
    "sign_run_12",
    "up_share_12",
    "up_share_48",
    "autocorr_48",
    // time
    "hour_sin",
    "hour_cos",
    "week_sin",
    "week_cos",
    "weekend",
    // funding
    "funding_rate",
    "funding_mean_8",
    "funding_mean_24",
    "funding_dev_24",
    "funding_mom_8",
    "funding_z_168",
    "oi_change_24",
    // interaction
    "funding_oi_24",
    "volume_profile_480",
    "pv_divergence_24",
    "reversal_volume_2",
    "rsi_adx_14",
];

/// Columns that compare with another coin.
const COIN: &[&str] = &[
    "other_ret_1",
    "other_ret_2",
    "other_ret_3",
    "other_ret_6",
    "other_ret_24",
    "relative_ret_1",
    "relative_ret_24",
    "other_corr_24",
    "other_residual_24",
];

/// Columns that compare with the symbol's own perpetual.
const PERPETUAL: &[&str] = &["basis", "basis_dev_24", "basis_z_24", "volume_share_z_24"];

/// Columns of each mode.
const MODE: &[&str] = &["vmd_value", "vmd_slope", "vmd_energy", "vmd_frequency"];

/// Further columns of the default plan on the symbol's own bars: the families that lift accuracy a little beyond the plain
/// indicators (sign runs, the shape of several bars, overshoot, volume-weighted reversal, calendar, state interactions, one-sided
/// filters).
const MORE: &[&str] = &[
    // sign runs
    "run_return_168",
    "sign_flips_12",
    "sign_flips_48",
    "sign_pattern_4",
    // several bars as one
    "multi_body_2",
    "multi_body_4",
    "multi_body_8",
    "multi_upper_4",
    "multi_lower_4",
    "multi_upper_12",
    "multi_lower_12",
    "multi_location_4",
    "multi_location_12",
    // overshoot
    "reversal_8",
    "reversal_24",
    "overshoot_seasonal_480",
    "seasonal_vol_480",
    "efficiency_24",
    "linreg_dev_24",
    "retz_2_168",
    "retz_12_168",
    // volume
    "reversal_volume_1",
    "reversal_volume_4",
    "vw_ret_4",
    "vw_ret_24",
    "volume_rank_168",
    "volume_regime_24_168",
    "illiquidity_24_168",
    "correl_av_24",
    "taker_imbalance_4",
    "taker_imbalance_24",
    "taker_z_168",
    "taker_divergence_24",
    // volatility
    "range_ratio_24",
    "range_regime_4_24",
    "range_regime_24_168",
    "range_to_close_vol_24",
    "downside_48",
    "jump_share_48",
    "vol_of_vol_48",
    "variance_ratio_4_168",
    // calendar
    "halfday_sin",
    "halfday_cos",
    "funding_phase",
    // state interactions
    "reversal_regime_2",
    "reversal_trend_2",
    "reversal_range_2",
    "funding_reversal_168",
    // one-sided filters
    "ema_gap_3_12",
    "ema_gap_6_24",
    "ema_gap_12_48",
    "ema_gap_24_96",
    "ema_gap_48_192",
    "kalman_dev_4",
    "kalman_dev_12",
    "kalman_dev_48",
    "haar_2",
    "haar_4",
    "haar_8",
    "haar_16",
    "haar_32",
    "frac_diff_40_64",
    // funding and open interest
    "funding_rank_168",
    "oi_change_4",
    "oi_ratio_24",
    "oi_z_168",
];

/// Columns on longer timeframes, from closed bars only.
const LONGER: &[&str] =
    &["rsi_14", "close_location", "reversal_1", "bb_pctb_20", "sign_run_12", "retz_1_20"];

/// The longer timeframes.
const TIMEFRAMES: &[&str] = &["2h", "4h", "8h", "12h", "1d"];

/// Further columns of the default plan that compare with another coin.
const MORE_COIN: &[&str] = &[
    "other_lead_168",
    "other_beta_168",
    "other_residual_168",
    "residual_z_168_4",
    "residual_z_168_24",
    "relative_z_168",
];

/// Further coins whose returns and residuals the default plan reads.
const COINS: &[&str] = &["SOLUSDT", "XRPUSDT", "LTCUSDT"];

/// Columns that rank the symbol among the coins.
const RANK: &[&str] = &["xs_rank_1", "xs_rank_24", "xs_residual_1", "xs_residual_6", "xs_ret_6"];

/// The other coin that a symbol is compared with.
fn coin(symbol: &str) -> &'static str {
    if symbol == "ETHUSDT" { "BTCUSDT" } else { "ETHUSDT" }
}

impl FeaturePlan {
    /// The plan of the mining guide, on which the demo trains: causal columns without unit from every family of the registry, on
    /// the timeframe of the bars.
    ///
    /// The other coin is `ETHUSDT` (`BTCUSDT` for `ETHUSDT` itself), the perpetual is `<symbol>_PERP`. Columns whose series
    /// the panel lacks are left out by [`FeaturePlan::resolve`].
    #[must_use]
    pub fn guide(symbol: &str) -> Self {
        let modes = ModeSettings::default();
        let own = OWN.iter().map(ToString::to_string);
        let decomposed =
            MODE.iter().flat_map(|name| (0..modes.params.k).map(move |k| format!("{name}_{k}")));
        let coins = COIN.iter().map(|name| format!("{name}@{}", coin(symbol)));
        let perpetual = PERPETUAL.iter().map(|name| format!("{name}@{symbol}_PERP"));
        Self::listed(symbol, own.chain(decomposed).chain(coins).chain(perpetual))
    }

    /// The default plan: [`FeaturePlan::guide`], more of every family, longer timeframes from 2 hours to 1 day, several coins and
    /// the phase of the modes. Causal, and without unit.
    ///
    /// It suits hourly bars: the timeframes must be multiples of the bars' interval.
    ///
    /// ```
    /// let plan = mantis_features::FeaturePlan::default_for("BTCUSDT");
    /// assert!(plan.names().len() > 200);
    /// assert!(plan.names().contains(&"rsi_14/4h".to_owned()));
    /// ```
    #[must_use]
    pub fn default_for(symbol: &str) -> Self {
        let k = ModeSettings::default().params.k;
        let names = Self::guide(symbol).names().into_iter();
        let more = MORE.iter().map(ToString::to_string);
        let phase = (0..k).map(|k| format!("vmd_phase_{k}"));
        let longer =
            TIMEFRAMES.iter().flat_map(|t| LONGER.iter().map(move |name| format!("{name}/{t}")));
        let more_coin = MORE_COIN.iter().map(|name| format!("{name}@{}", coin(symbol)));
        let others: Vec<&str> = COINS.iter().copied().filter(|c| *c != symbol).collect();
        let several = others
            .iter()
            .flat_map(|c| ["other_ret_1", "other_residual_168"].map(|name| format!("{name}@{c}")));
        let all = [&[coin(symbol)], &others[..]].concat().join("+");
        let ranks = RANK.iter().map(|name| format!("{name}@{all}"));
        let names = names.chain(more).chain(phase).chain(longer).chain(more_coin);
        Self::listed(symbol, names.chain(several).chain(ranks))
    }

    /// Every name of the lists is in the registry and stands once; a test holds the lists to it.
    fn listed(symbol: &str, names: impl Iterator<Item = String>) -> Self {
        let columns = names.filter_map(|name| ColumnSpec::parse(&name).ok()).collect();
        Self { symbol: symbol.to_owned(), columns, modes: ModeSettings::default() }
    }
}

/// How many columns the lists name, with `k` modes: those of the guide's plan, and those of the default plan.
#[cfg(test)]
pub(super) const fn listed(k: usize) -> [usize; 2] {
    let guide = OWN.len() + COIN.len() + PERPETUAL.len() + MODE.len() * k;
    let longer = LONGER.len() * TIMEFRAMES.len();
    let cross = MORE_COIN.len() + 2 * COINS.len() + RANK.len();
    [guide, guide + MORE.len() + k + longer + cross]
}
