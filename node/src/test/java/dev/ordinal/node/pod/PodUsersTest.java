package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;

import dev.ordinal.node.image.Image;
import dev.ordinal.node.image.ImageConfig;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.runtime.User;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// Who a container runs as.
class PodUsersTest {
    @TempDir Path layer;

    @BeforeEach
    void accounts() throws IOException {
        var etc = Files.createDirectories(layer.resolve("etc"));
        Files.writeString(
                etc.resolve("passwd"),
                "root:x:0:0::/root:/bin/sh\nweb:x:1000:1001::/home/web:/bin/sh\n");
        Files.writeString(etc.resolve("group"), "www:x:50:web\nlogs:x:60:other,web\n");
    }

    private PodUsers users(String imageUser, String pod, String container) throws Exception {
        var config = new ImageConfig(List.of(), List.of(), List.of(), "", imageUser, "");
        var image = new Image("sha256:1", List.of(), List.of(layer), config, 0, Instant.EPOCH);
        var text =
                """
                {'metadata':{'name':'p','namespace':'default','uid':'u'},'spec':{'securityContext':{%s},
                 'containers':[{'name':'c','securityContext':{%s}}]}}
                """;
        var tree = new ObjectMapper().readTree(text.formatted(pod, container).replace('\'', '"'));
        return PodUsers.of(tree, tree.at("/spec/containers/0"), image);
    }

    private User user(String imageUser, String pod, String container) throws Exception {
        return users(imageUser, pod, container).user();
    }

    @Rule("pods 8.1")
    @Test
    void theContainersWordCountsBeforeThePodsAndThatBeforeTheImages() throws Exception {
        assertThat(user("", "", "").uid()).isZero();
        assertThat(user("7", "", "").uid()).isEqualTo(7);
        assertThat(user("web", "", "").uid()).isEqualTo(1000);
        assertThat(user("web", "'runAsUser':8", "").uid()).isEqualTo(8);
        assertThat(user("web", "'runAsUser':8", "'runAsUser':9").uid()).isEqualTo(9);
        assertThat(users("web", "", "").home()).isEqualTo("/home/web");
    }

    private void refused(String imageUser, String container, String message) {
        assertThatThrownBy(() -> user(imageUser, "'runAsNonRoot':true", container))
                .isInstanceOf(CannotStartException.class)
                .hasMessage(message)
                .extracting(e -> ((CannotStartException) e).reason())
                .isEqualTo("CreateContainerConfigError");
    }

    @Rule({"pods 8.2", "pods 2.5"})
    @Test
    void whoMustNotBeRootIsRefusedAsRootOrByName() throws Exception {
        var which = "(pod: \"p_default(u)\", container: c)";
        refused("", "", "container has runAsNonRoot and image will run as root " + which);
        refused("0", "", "container has runAsNonRoot and image will run as root " + which);
        refused(
                "web",
                "",
                "container has runAsNonRoot and image has non-numeric user (web), cannot verify"
                        + " user is non-root "
                        + which);
        refused("7", "'runAsUser':0", "container's runAsUser breaks non-root policy " + which);
        assertThat(user("7", "'runAsNonRoot':true", "").uid()).isEqualTo(7);
        assertThat(user("", "'runAsNonRoot':true", "'runAsUser':8").uid()).isEqualTo(8);
        assertThat(user("", "'runAsNonRoot':true", "'runAsNonRoot':false").uid()).isZero();
    }

    @Rule("pods 8.3")
    @Test
    void groupsAreThePrimaryOneTheAskedForAndTheImages() throws Exception {
        assertThat(user("web", "", "")).isEqualTo(new User(1000, 1001, List.of(50L, 60L)));
        assertThat(user("web:70", "", "").gid()).isEqualTo(70);
        assertThat(user("", "'runAsUser':8", "").gid()).isZero();
        assertThat(user("", "'runAsUser':1000", "").gid()).isEqualTo(1001);
        assertThat(user("web", "'runAsGroup':3,'supplementalGroups':[4],'fsGroup':5", ""))
                .isEqualTo(new User(1000, 3, List.of(50L, 60L, 4L, 5L)));
        assertThat(user("web", "'supplementalGroupsPolicy':'Strict','supplementalGroups':[4]", ""))
                .isEqualTo(new User(1000, 1001, List.of(4L)));
    }
}
