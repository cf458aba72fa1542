package dev.ordinal.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.api.FeatureGates.Feature;

import org.junit.jupiter.api.Test;

class FeatureGatesTest {
    private static boolean counts(String gates) {
        return FeatureGates.parse(gates).on(Feature.MAX_UNAVAILABLE_STATEFUL_SET);
    }

    @Test
    void aGateIsAsKubernetesShipsItUnlessItIsSet() {
        assertThat(counts("")).isFalse();
        assertThat(counts("MaxUnavailableStatefulSet=true")).isTrue();
        assertThat(counts(" MaxUnavailableStatefulSet = 1 ,")).isTrue();
    }

    @Test
    void aStageSetsItsGatesAndANameOutranksIt() {
        assertThat(counts("AllBeta=true")).isTrue();
        assertThat(counts("AllAlpha=true")).isFalse();
        assertThat(counts("AllBeta=true,MaxUnavailableStatefulSet=false")).isFalse();
    }

    @Test
    void whatCannotBeReadIsRefused() {
        assertThatThrownBy(() -> FeatureGates.parse("MaxUnavailableStatefulSet"))
                .hasMessage("missing bool value for MaxUnavailableStatefulSet");
        assertThatThrownBy(() -> FeatureGates.parse("MaxUnavailableStatefulSet=yes"))
                .hasMessage(
                        "invalid value of MaxUnavailableStatefulSet=yes, err: strconv.ParseBool:"
                                + " parsing \"yes\": invalid syntax");
        assertThatThrownBy(() -> FeatureGates.parse("NoSuchGate=true"))
                .hasMessageStartingWith("unrecognized feature gate: NoSuchGate");
    }
}
