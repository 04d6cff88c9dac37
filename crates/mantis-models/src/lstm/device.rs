//! Where a network is trained.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Where the tensors of a training live.
///
/// On the processor a training gives the same bits on any number of threads; a CUDA device has sums of its own.
///
/// ```
/// use mantis_models::lstm::Device;
///
/// assert_eq!("cpu".parse::<Device>()?, Device::Cpu);
/// assert_eq!("cuda:1".parse::<Device>()?, Device::Cuda(1));
/// assert!("gpu".parse::<Device>().is_err());
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// A CUDA device, from 0. It needs a libtorch that was built for CUDA.
    Cuda(usize),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let unknown = || Error::Device {
            asked: text.to_owned(),
            reason: "is unknown, expected cpu, cuda or cuda:N".to_owned(),
        };
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) => Ok(Self::Cuda(index.parse().map_err(|_| unknown())?)),
            _ => Err(unknown()),
        }
    }
}

#[cfg(feature = "torch")]
impl Device {
    /// The device in libtorch.
    ///
    /// # Errors
    /// [`Error::Device`] for one that this libtorch or this machine does not have.
    pub(super) fn torch(self) -> Result<tch::Device, Error> {
        let Self::Cuda(index) = self else { return Ok(tch::Device::Cpu) };
        let lacks = |reason: String| Err(Error::Device { asked: self.to_string(), reason });
        if !tch::Cuda::is_available() {
            return lacks(
                "is not available: the libtorch in LIBTORCH has no CUDA, or there is no driver"
                    .to_owned(),
            );
        }
        let count = tch::Cuda::device_count();
        if index as i64 >= count {
            return lacks(format!("does not exist, there are {count} CUDA devices"));
        }
        Ok(tch::Device::Cuda(index))
    }
}
