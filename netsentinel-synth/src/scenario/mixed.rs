//! A site at work.

use super::scene::Scene;

pub(super) fn mixed(scene: &mut Scene) {
    let background = scene.background();
    scene.add(scene.start, background);
}
