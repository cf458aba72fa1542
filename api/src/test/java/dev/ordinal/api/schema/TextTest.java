package dev.ordinal.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;

class TextTest {
    @Test
    void yamlThatIsNestedTooDeepIsRefused() {
        var text = "[".repeat(2000).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Text.yaml(text, _ -> {}))
                .isInstanceOf(Text.MalformedException.class)
                .hasMessage("error converting YAML to JSON: yaml: exceeded max depth of 1000");
    }

    @Test
    void yamlOfAUsualDepthIsRead() throws Text.MalformedException {
        var text = ("[".repeat(50) + "x" + "]".repeat(50)).getBytes(StandardCharsets.UTF_8);
        assertThat(Text.yaml(text, _ -> {}).toString()).hasSize(103);
    }
}
