//! Servers on the loopback interface that stand for R2 and for a node of the chain, for tests and rehearsals.
//!
//! Both check what they are sent: [`S3Server`] the signature of every request, [`Node`] that of every transaction. Both fail on
//! demand. What they do not understand ends the connection that it came through.

#![expect(clippy::unwrap_used, reason = "what these servers do not understand ends a connection")]

mod node;
mod s3_server;

pub use node::{GENESIS, Node, NodeFault};
pub use s3_server::{S3Fault, S3Server};
