//! Giving up rights.

use anyhow::Result;

/// Gives up every right but the one to open packet sockets, which an interface that comes back needs.
///
/// # Errors
///
/// When the system refuses: the agent must not go on with more rights than it needs.
#[cfg(target_os = "linux")]
pub(crate) fn drop_all_but_capture() -> Result<()> {
    use anyhow::Context as _;
    use caps::{CapSet, Capability};

    let keep = Capability::CAP_NET_RAW;
    let context = || "the agent's rights can not be given up";
    let permitted = caps::read(None, CapSet::Permitted).with_context(context)?;
    // The bounding set only shrinks, and only while CAP_SETPCAP is there.
    if permitted.contains(&Capability::CAP_SETPCAP) {
        for capability in caps::all() {
            if capability != keep && caps::has_cap(None, CapSet::Bounding, capability)? {
                caps::drop(None, CapSet::Bounding, capability).with_context(context)?;
            }
        }
    }
    let kept = permitted.into_iter().filter(|capability| *capability == keep).collect();
    caps::clear(None, CapSet::Ambient).with_context(context)?;
    caps::set(None, CapSet::Effective, &kept).with_context(context)?;
    caps::set(None, CapSet::Permitted, &kept).with_context(context)?;
    caps::clear(None, CapSet::Inheritable).with_context(context)?;
    // Nor by running a program that has more.
    rustix::thread::set_no_new_privs(true).with_context(context)?;
    tracing::debug!("kept no right but {keep}");
    Ok(())
}

/// Nothing to give up: there are no capabilities here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn drop_all_but_capture() -> Result<()> {
    Ok(())
}
