package dev.ordinal.kinds.cel;

import com.fasterxml.jackson.databind.JsonNode;

import dev.cel.common.CelErrorCode;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;

import org.jspecify.annotations.Nullable;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A checked expression.
public final class Expression {
    private final CelRuntime.Program program;
    private final Declared self;
    private final boolean usesOldSelf;

    Expression(CelRuntime.Program program, Declared self, boolean usesOldSelf) {
        this.program = program;
        this.self = self;
        this.usesOldSelf = usesOldSelf;
    }

    /// How an evaluation ended.
    public sealed interface Result {
        record Value(Object value) implements Result {}

        /// @param noOverload a value was of a type that the checker could not know
        record Failed(String why, boolean noOverload) implements Result {}

        /// The evaluation itself, or all of them together, cost too much.
        record TooExpensive(boolean together) implements Result {}
    }

    public boolean usesOldSelf() {
        return usesOldSelf;
    }

    /// @param old the value before; null: there is none
    /// @param optional the old value is an optional one
    public Result evaluate(
            JsonNode value, @Nullable JsonNode old, boolean optional, Budget budget) {
        Map<String, Object> variables = new HashMap<>();
        variables.put(Environment.SELF, self.value(value));
        if (optional) {
            variables.put(Environment.OLD_SELF, Optional.ofNullable(old).map(self::value));
        } else if (old != null) variables.put(Environment.OLD_SELF, self.value(old));
        var call = budget.call();
        try {
            var result = program.trace(variables, call);
            return end(call, budget, new Result.Value(result));
        } catch (CelEvaluationException failed) {
            return end(call, budget, failure(failed));
        } catch (RuntimeException failed) {
            return end(call, budget, new Result.Failed(String.valueOf(failed.getMessage()), false));
        }
    }

    private static Result end(Budget.Call call, Budget budget, Result result) {
        call.end();
        if (call.isTooMuch()) return new Result.TooExpensive(false);
        return budget.isSpent() ? new Result.TooExpensive(true) : result;
    }

    private static Result failure(CelEvaluationException failed) {
        var why =
                String.valueOf(failed.getMessage())
                        .replaceFirst("(?s)^evaluation error( at [^ ]*)?: ", "");
        if (why.startsWith("Function '") && failed.getCause() != null) {
            why = String.valueOf(failed.getCause().getMessage());
        }
        var code = failed.getErrorCode();
        var told =
                switch (code) {
                    case ATTRIBUTE_NOT_FOUND -> "no such key: " + key(why);
                    case INDEX_OUT_OF_BOUNDS -> why.replaceFirst("^Index", "index");
                    case DIVIDE_BY_ZERO -> "division by zero";
                    case NUMERIC_OVERFLOW -> "integer overflow";
                    case OVERLOAD_NOT_FOUND -> "no such overload";
                    default -> why;
                };
        return new Result.Failed(told, code == CelErrorCode.OVERLOAD_NOT_FOUND);
    }

    private static String key(String why) {
        return why.replaceFirst("(?s)^key '(.*)' is not present in map\\.$", "$1");
    }
}
