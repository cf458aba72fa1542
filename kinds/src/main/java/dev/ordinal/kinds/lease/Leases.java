package dev.ordinal.kinds.lease;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Kind;
import dev.ordinal.api.Problems;
import dev.ordinal.api.schema.Schema;
import dev.ordinal.kinds.Checks;
import dev.ordinal.kinds.Columns;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Everything the API server knows about `coordination.k8s.io/v1` Leases.
public final class Leases {
    public static final Kind KIND =
            Kind.of(
                            "coordination.k8s.io/v1",
                            "leases",
                            Schema.load("coordination.k8s.io/v1", "Lease"))
                    .conditionalUpdates()
                    .createsOnUpdate()
                    .preparing(Leases::prepare)
                    .rules(Leases::check)
                    .column(Columns.name())
                    .column(
                            Columns.text(
                                    "Holder",
                                    "Who holds it.",
                                    lease -> lease.at("/spec/holderIdentity").asText()))
                    .column(Columns.age())
                    .build();

    private Leases() {}

    /// The feature CoordinatedLeaderElection is off: its fields go unless they were there already.
    private static void prepare(
            ObjectNode lease, @Nullable JsonNode old, @Nullable String subresource) {
        if (!(lease.path("spec") instanceof ObjectNode spec)) return;
        for (var field : List.of("strategy", "preferredHolder")) {
            if (old == null || !old.path("spec").has(field)) spec.remove(field);
        }
    }

    private static void check(JsonNode lease, @Nullable JsonNode old, Problems problems) {
        var at = problems.at("spec");
        var seconds = lease.at("/spec/leaseDurationSeconds");
        if (seconds.isNumber() && seconds.asInt() <= 0) {
            at.at("leaseDurationSeconds").invalid(seconds, "must be greater than 0");
        }
        Checks.nonNegative(lease.at("/spec/leaseTransitions"), at.at("leaseTransitions"));
    }
}
