package dev.ordinal.kinds.statefulset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import io.fabric8.kubernetes.api.model.OwnerReference;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

/// Who owns the claim of web-0, by policy and by whether web-0 is wanted.
class RetentionTest {
    private static Given set(String whenDeleted, String whenScaled) {
        return Given.setWithClaims(
                1,
                "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'%s','whenScaled':'%s'}"
                        .formatted(whenDeleted, whenScaled));
    }

    private static Retention.Outcome outcome(Given set, boolean condemned, String... owners) {
        return Retention.owners(
                set.set(), Given.pod("0 ready"), Given.claim("data-web-0", 0, owners), condemned);
    }

    /// The uids of the owners to write, or `ok` when nothing is to be written.
    private static String owners(Given set, boolean condemned, String... before) {
        return switch (outcome(set, condemned, before).step()) {
            case Retention.Step.Nothing _ -> "ok";
            case Retention.Step.Rewrite(var wanted) ->
                    String.join("+", wanted.stream().map(OwnerReference::getUid).toList());
        };
    }

    @Rule({"statefulset 4", "statefulset 4.7", "statefulset 14 15"})
    @ParameterizedTest
    @CsvSource({
        // whenDeleted, whenScaled, owner while wanted, owner when condemned
        "Retain, Retain, none, none",
        "Delete, Retain, set, set",
        "Retain, Delete, none, pod",
        "Delete, Delete, set, pod"
    })
    void theOwnerFollowsThePolicyFromEveryOlderState(
            String whenDeleted, String whenScaled, String wanted, String condemned) {
        var set = set(whenDeleted, whenScaled);
        for (var before : List.of("none", "set", "pod")) {
            assertThat(owners(set, false, refs(before)))
                    .as("wanted, from %s", before)
                    .isEqualTo(wanted.equals(before) ? "ok" : uid(wanted));
            assertThat(owners(set, true, refs(before)))
                    .as("condemned, from %s", before)
                    .isEqualTo(condemned.equals(before) ? "ok" : uid(condemned));
        }
    }

    private static String[] refs(String owner) {
        return owner.equals("none") ? new String[0] : new String[] {owner};
    }

    private static String uid(String owner) {
        return switch (owner) {
            case "set" -> "set-uid";
            case "pod" -> "web-0-uid";
            default -> "";
        };
    }

    @Rule("statefulset 4.1")
    @Test
    void ourReferencesControlAndBlock() {
        var step = (Retention.Step.Rewrite) outcome(set("Delete", "Retain"), false).step();

        var owner = step.owners().getFirst();
        assertThat(owner.getController()).isTrue();
        assertThat(owner.getBlockOwnerDeletion()).isTrue();
        assertThat(owner.getApiVersion() + " " + owner.getKind() + " " + owner.getName())
                .isEqualTo("apps/v1 StatefulSet web");
        assertThat(Retention.tree(step.owners()).toString())
                .isEqualTo(
                        "[{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"name\":\"web\","
                                + "\"uid\":\"set-uid\",\"controller\":true,"
                                + "\"blockOwnerDeletion\":true}]");
    }

    @Rule("statefulset 4.1")
    @Test
    void foreignReferencesStay() {
        assertThat(owners(set("Delete", "Retain"), false, "friend"))
                .isEqualTo("friend-uid+set-uid");
        assertThat(owners(set("Retain", "Retain"), false, "set", "friend")).isEqualTo("friend-uid");
        assertThat(owners(set("Delete", "Delete"), true, "set", "friend"))
                .isEqualTo("friend-uid+web-0-uid");
    }

    @Rule("statefulset 4.3")
    @Test
    void aClaimOfAnEarlierSetOrPodIsLeftAlone() {
        for (var stale : List.of("old-set", "old-pod")) {
            assertThat(owners(set("Delete", "Delete"), false, stale)).isEqualTo("ok");
            assertThat(owners(set("Delete", "Delete"), true, stale)).isEqualTo("ok");
            assertThat(owners(set("Retain", "Retain"), false, stale)).isEqualTo("ok");
            assertThat(outcome(set("Delete", "Retain"), false, stale).conflicting()).isTrue();
        }
    }

    @Rule("statefulset 4.4")
    @Test
    void anotherControllerTurnsThePolicyOff() {
        for (var set : List.of(set("Delete", "Retain"), set("Retain", "Delete"))) {
            assertThat(outcome(set, true, "other").conflicting()).isTrue();
            assertThat(owners(set, true, "other")).isEqualTo("ok");
            assertThat(owners(set, false, "set", "other")).isEqualTo("other-uid");
            assertThat(owners(set, true, "pod", "other")).isEqualTo("other-uid");
        }
        assertThat(outcome(set("Delete", "Delete"), false, "friend").conflicting()).isFalse();
    }

    @Rule("statefulset 4.4")
    @Test
    void withoutPolicyAnotherControllerIsNoConflict() {
        assertThat(outcome(set("Retain", "Retain"), false, "other"))
                .isEqualTo(new Retention.Outcome(new Retention.Step.Nothing(), false));
        assertThat(owners(set("Retain", "Retain"), false, "set", "other")).isEqualTo("other-uid");
    }

    @Rule("statefulset 4.5")
    @Test
    void aReferenceThatDoesNotControlIsRewritten() {
        assertThat(owners(set("Delete", "Retain"), false, "weak-set")).isEqualTo("set-uid");
        assertThat(owners(set("Retain", "Retain"), false, "weak-set")).isEmpty();
        assertThat(owners(set("Retain", "Delete"), true, "weak-pod")).isEqualTo("web-0-uid");
    }

    @Rule("statefulset 4.3")
    @Test
    void theFirstReferenceOfANameDecidesWhetherItIsStale() {
        assertThat(owners(set("Delete", "Delete"), true, "old-set", "pod")).isEqualTo("ok");
        assertThat(owners(set("Retain", "Retain"), false, "old-pod", "set")).isEqualTo("ok");
        assertThat(owners(set("Delete", "Retain"), false, "set", "old-set")).isEmpty();
    }

    @Rule({"statefulset 4.1", "statefulset 4.3"})
    @Test
    void anOwnerIsKnownByVersionKindAndName() {
        for (var wrong : List.of("kind", "apiVersion", "name")) {
            var claim = Given.claim("data-web-0", 0, "old-set", "old-pod");
            for (var owner : claim.getMetadata().getOwnerReferences()) {
                owner.setController(false);
                switch (wrong) {
                    case "kind" -> owner.setKind("Other");
                    case "apiVersion" -> owner.setApiVersion("other/v1");
                    default -> owner.setName("other");
                }
            }
            var set = set("Delete", "Delete");

            var outcome = Retention.owners(set.set(), Given.pod("0 ready"), claim, false);

            assertThat(outcome.conflicting()).as(wrong).isFalse();
            assertThat(((Retention.Step.Rewrite) outcome.step()).owners()).as(wrong).hasSize(3);
            assertThat(Retention.stale(set.set(), "web-0", claim)).as(wrong).isFalse();
        }
    }

    @Rule("statefulset 4.5")
    @Test
    void aReferenceOfOursThatOnlyTheUidTellsIsNotDoubled() {
        var claim = Given.claim("data-web-0", 0, "weak-set");
        claim.getMetadata().getOwnerReferences().getFirst().setApiVersion("apps/v1beta1");

        var outcome =
                Retention.owners(set("Delete", "Retain").set(), Given.pod("0 ready"), claim, false);

        assertThat(((Retention.Step.Rewrite) outcome.step()).owners()).hasSize(1);
    }

    @Rule("statefulset 4.5")
    @Test
    void aForeignReferenceThatDoesNotControlIsFine() {
        assertThat(owners(set("Delete", "Retain"), false, "set", "friend")).isEqualTo("ok");
        assertThat(owners(set("Retain", "Delete"), true, "pod", "friend")).isEqualTo("ok");
    }

    @Test
    void flagsThatAreMissingStayMissing() {
        var claim = Given.claim("data-web-0", 0, "friend");
        var owner = claim.getMetadata().getOwnerReferences().getFirst();
        owner.setController(null);
        owner.setBlockOwnerDeletion(null);

        assertThat(Retention.tree(List.of(owner)).get(0).size()).isEqualTo(4);
        claim.getMetadata().setOwnerReferences(null);
        assertThat(Retention.references(claim)).isEmpty();
    }

    @Rule("statefulset 4.6")
    @Test
    void aClaimIsStaleWhenItStillBelongsToAPodOfThatName() {
        var claim = Given.claim("data-web-0", 0, "friend", "old-pod");

        assertThat(Retention.stale(set("Retain", "Delete").set(), "web-0", claim)).isTrue();
        assertThat(Retention.stale(set("Retain", "Delete").set(), "web-1", claim)).isFalse();
        assertThat(Retention.stale(set("Delete", "Retain").set(), "web-0", claim)).isFalse();
        assertThat(
                        Retention.stale(
                                set("Delete", "Delete").set(),
                                "web-0",
                                Given.claim("data-web-0", 0, "set")))
                .isFalse();
    }

    @Rule("statefulset 4")
    @Test
    void aSetWithoutPolicyRetains() {
        var set = Given.setWithClaims(1).set();

        assertThat(Retention.deletes(set)).isFalse();
        assertThat(owners(Given.setWithClaims(1), true, "set")).isEmpty();
    }
}
