//! A clean stop and a start: the plainest of ends.

use kith_core::community::Blueprint;

use crate::world::World;

#[test]
fn a_community_is_the_same_after_a_restart() {
    let mut world = World::new();
    let place = world.found("garden", &Blueprint::default());
    let ann = world.join(place.id, "Ann");
    let message = world.post(place, ann, "the tomatoes are ripe").unwrap();
    world.settle(place.id);
    let before = (world.state_hash(place.id), world.durable_seq(place.id));
    for _ in 0..2 {
        world.restart();
        assert_eq!((world.state_hash(place.id), world.durable_seq(place.id)), before);
        assert!(world.view(place.id, move |community| community.messages.get(message).is_some()));
    }
    world.post(place, ann, "and the beans").unwrap();
    assert!(world.verify().is_sound());
}
