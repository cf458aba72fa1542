/// What a control plane does with StatefulSets, claims and owners, written down and compared.
///
/// A [Scenario] is a script of steps. A [Play] carries it out on any Kubernetes as the only client
/// and the only node, and a [Journal] of what the watches tell becomes one text: per step every
/// write to every object. The texts recorded on a real Kubernetes are the test data; README.md of
/// this module has the formats.
@NullMarked
package dev.ordinal.conformance;

import org.jspecify.annotations.NullMarked;
