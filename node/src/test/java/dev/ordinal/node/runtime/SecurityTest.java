package dev.ordinal.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;

import java.util.List;

class SecurityTest {
    @Rule("pods 8.4")
    @Test
    void capabilitiesAreTheUsualOnesLessTheDroppedPlusTheAdded() {
        var none = List.<String>of();
        assertThat(Security.capabilities(none, none))
                .isEqualTo(Security.DEFAULT_CAPABILITIES)
                .contains("CHOWN", "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "AUDIT_WRITE");
        assertThat(Security.capabilities(List.of("NET_ADMIN"), List.of("KILL")))
                .contains("NET_ADMIN", "CHOWN")
                .doesNotContain("KILL");
        assertThat(Security.capabilities(List.of("CHOWN"), List.of("ALL")))
                .containsExactly("CHOWN");
    }

    @Test
    void whatReachesBeyondThePodIsRefused() {
        var asked = Security.capabilities(List.of("SYS_ADMIN"), List.of());
        assertThatThrownBy(() -> new Security(asked, false, false))
                .hasMessage("capability \"SYS_ADMIN\" cannot be given to a container");
    }
}
