package dev.ordinal.node.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {
    @Rule("pods 10.2")
    @ParameterizedTest
    @CsvSource({
        "web, docker.io/library/web:latest",
        "web:1, docker.io/library/web:1",
        "team/web:1, docker.io/team/web:1",
        "docker.io/web, docker.io/library/web:latest",
        "index.docker.io/web, docker.io/library/web:latest",
        "localhost/web, localhost/web:latest",
        "registry:5000/web, registry:5000/web:latest",
        "example.com/a/b:2, example.com/a/b:2",
        "web@sha256:ab, docker.io/library/web@sha256:ab"
    })
    void aNameStandsForARegistryAPathAndATag(String name, String full) {
        assertThat(ImageName.full(name)).isEqualTo(full);
    }

    @Rule("pods 10.2")
    @ParameterizedTest
    @ValueSource(strings = {"web", "a/b_c/d-e.f:V1.0_x", "Example.com:80/web", "localhost/a:1"})
    void namesAreLowerCaseAndTagsAreNot(String name) {
        assertThat(ImageName.fault(name)).isEmpty();
    }

    @Rule({"pods 10.2", "pods 2.5"})
    @Test
    void aFaultIsSaidAsUpstreamSaysIt() {
        assertThat(ImageName.fault("web:")).contains("invalid reference format");
        assertThat(ImageName.fault("a//b")).contains("invalid reference format");
        assertThat(ImageName.fault("Web:1"))
                .contains(
                        "invalid reference format: repository name (library/Web) must be"
                                + " lowercase");
        assertThat(ImageName.fault("example.com/Team/web"))
                .contains("invalid reference format: repository name (Team/web) must be lowercase");
    }
}
