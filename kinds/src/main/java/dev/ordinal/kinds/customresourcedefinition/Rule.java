package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.kinds.cel.Environment;
import dev.ordinal.kinds.cel.Environment.Compiled;
import dev.ordinal.kinds.cel.Expression;

import java.util.Optional;

/// A rule, compiled.
///
/// @param expression empty: it does not compile any more
/// @param wrong why it does not
/// @param fieldPath what it blames, below its own place
record Rule(
        JsonNode source,
        Optional<Expression> expression,
        Optional<Expression> message,
        String wrong,
        String fieldPath) {
    static Rule of(JsonNode source, JsonNode schema, Environment environment) {
        boolean optional = source.path("optionalOldSelf").asBoolean();
        var path = FieldPath.of(source.path("fieldPath").asText(""), schema).orElse("");
        return switch (environment.rule(source.path("rule").asText(), optional)) {
            case Compiled.Wrong(var why) ->
                    new Rule(source, Optional.empty(), Optional.empty(), why, path);
            case Compiled.Ready(var rule) ->
                    new Rule(source, Optional.of(rule), message(source, environment), "", path);
        };
    }

    private static Optional<Expression> message(JsonNode source, Environment environment) {
        var message = source.path("messageExpression").asText("");
        if (message.isEmpty()) return Optional.empty();
        boolean optional = source.path("optionalOldSelf").asBoolean();
        return environment.message(message, optional) instanceof Compiled.Ready(var ready)
                ? Optional.of(ready)
                : Optional.empty();
    }

    boolean usesOldSelf() {
        return expression.map(Expression::usesOldSelf).orElse(false);
    }

    boolean optionalOldSelf() {
        return source.path("optionalOldSelf").asBoolean();
    }

    String reason() {
        return source.path("reason").asText("");
    }

    /// What it is called in complaints.
    String shown() {
        var message = source.path("message").asText("");
        return message.isEmpty() ? source.path("rule").asText().strip() : message.strip();
    }

    /// What is said when it fails and no expression says it better.
    String defaultMessage() {
        boolean none = source.path("message").asText("").isEmpty();
        return none ? "failed rule: " + shown() : shown();
    }
}
