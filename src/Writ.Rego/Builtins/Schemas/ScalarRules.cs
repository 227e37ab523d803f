using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>What a schema says of texts, numbers and counts.</summary>
internal static class ScalarRules
{
    public static void CheckText(RegoObject rules, string text, string field, SchemaErrors errors)
    {
        var length = ByteText.Length(text);
        CheckCount(rules, "minLength", length, least => new(
            "string_gte", field, $"String length must be greater than or equal to {least}"), errors);
        CheckCount(rules, "maxLength", length, most => new(
            "string_lte", field, $"String length must be less than or equal to {most}"), errors);
        if (rules.TryGet("pattern", out var rule) && rule is RegoString { Value: var pattern }
            && !Re2Regex.Parse(pattern).IsMatch(text))
        {
            errors.Add(new("pattern", field, $"Does not match pattern '{pattern}'"));
        }

        if (rules.TryGet("format", out var wanted) && wanted is RegoString { Value: var format }
            && !TextFormats.Fits(format, text))
        {
            errors.Add(new("format", field, $"Does not match format '{format}'"));
        }
    }

    public static void CheckNumber(RegoObject rules, RegoNumber number, string field, SchemaErrors errors)
    {
        if (rules.TryGet("multipleOf", out var factor) && factor is RegoNumber step && !IsMultiple(number, step))
        {
            errors.Add(new("multiple_of", field, $"Must be a multiple of {step}"));
        }

        // Draft 4 has a flag beside the bound, later drafts a bound of its own.
        var isAbove = rules.TryGet("exclusiveMinimum", out var low) && low.Equals(RegoBoolean.True);
        var isBelow = rules.TryGet("exclusiveMaximum", out var high) && high.Equals(RegoBoolean.True);
        if (rules.TryGet("minimum", out var least) && (isAbove ? number <= least : number < least))
        {
            errors.Add(isAbove
                ? new("number_gt", field, $"Must be greater than {least}")
                : new("number_gte", field, $"Must be greater than or equal to {least}"));
        }

        if (rules.TryGet("maximum", out var most) && (isBelow ? number >= most : number > most))
        {
            errors.Add(isBelow
                ? new("number_lt", field, $"Must be less than {most}")
                : new("number_lte", field, $"Must be less than or equal to {most}"));
        }

        if (low is RegoNumber && number <= low)
        {
            errors.Add(new("number_gt", field, $"Must be greater than {low}"));
        }

        if (high is RegoNumber && number >= high)
        {
            errors.Add(new("number_lt", field, $"Must be less than {high}"));
        }
    }

    public static void CheckCount(
        RegoObject rules, string rule, int count, Func<RegoValue, SchemaError> error, SchemaErrors errors)
    {
        if (!rules.TryGet(rule, out var bound))
        {
            return;
        }

        var order = RegoNumber.Of(count).CompareTo(bound);
        if (rule.StartsWith("min", StringComparison.Ordinal) ? order < 0 : order > 0)
        {
            errors.Add(error(bound));
        }
    }

    /// <summary>Exact: both as integers after moving the point.</summary>
    private static bool IsMultiple(RegoNumber number, RegoNumber step)
    {
        var (a, b) = (number.ToDecimal(), step.ToDecimal());
        var distance = Math.Abs((long)a.Exponent - b.Exponent);
        if (b.Digits.IsZero || distance > RegoNumber.LargestExponent)
        {
            return b.Digits.IsZero;
        }

        var least = Math.Min(a.Exponent, b.Exponent);
        var dividend = a.Digits * System.Numerics.BigInteger.Pow(10, a.Exponent - least);
        var divisor = b.Digits * System.Numerics.BigInteger.Pow(10, b.Exponent - least);
        return System.Numerics.BigInteger.Remainder(dividend, divisor).IsZero;
    }
}
