//! The default plan.

use super::{FeaturePlan, ModeSettings};
use crate::registry::ColumnSpec;

/// Columns of the symbol's own bars and funding, all without unit.
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

impl FeaturePlan {
    /// The columns that the demo trains on: causal and without unit, from every family of the registry.
    ///
    /// The other coin is `ETHUSDT` (`BTCUSDT` for `ETHUSDT` itself), the perpetual is `<symbol>_PERP`. Columns whose series
    /// the panel lacks are left out by [`FeaturePlan::resolve`].
    #[must_use]
    pub fn default_for(symbol: &str) -> Self {
        let coin = if symbol == "ETHUSDT" { "BTCUSDT" } else { "ETHUSDT" };
        let modes = ModeSettings::default();
        let own = OWN.iter().map(ToString::to_string);
        let decomposed =
            MODE.iter().flat_map(|name| (0..modes.params.k).map(move |k| format!("{name}_{k}")));
        let coins = COIN.iter().map(|name| format!("{name}@{coin}"));
        let perpetual = PERPETUAL.iter().map(|name| format!("{name}@{symbol}_PERP"));
        let names = own.chain(decomposed).chain(coins).chain(perpetual);
        // Every name above is in the registry; a test holds the list to it.
        let columns = names.filter_map(|name| ColumnSpec::parse(&name).ok()).collect();
        Self { symbol: symbol.to_owned(), columns, modes }
    }
}

/// How many columns the lists name, with `k` modes.
#[cfg(test)]
pub(super) const fn listed(k: usize) -> usize {
    OWN.len() + COIN.len() + PERPETUAL.len() + MODE.len() * k
}
