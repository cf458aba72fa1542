/// StatefulSets: what the API knows of them, and their controller.
///
/// Start at `Plan`: given what was observed it says what to do next, or what it waits for.
/// `Identity` names pods and claims, `History` picks revisions, `Retention` decides who owns
// claims,
/// and `StatefulSetController` observes and acts. `Extensions` lists what a set may ask for beyond
/// upstream: `Explanation` words what a plan waits for, `Rollout` makes conditions of it.
@NullMarked
package dev.ordinal.kinds.statefulset;

import org.jspecify.annotations.NullMarked;
