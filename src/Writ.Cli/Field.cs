using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Writ.Cli;

/// <summary>An option that is a member of the API: of a body, or of a query.</summary>
/// <param name="Member">The member's name, snake_case.</param>
/// <param name="Option">The option that gives it.</param>
/// <param name="Read">Its value; null when the option was not given.</param>
internal sealed record Field(string Member, Option Option, Func<ParseResult, JsonNode?> Read)
{
    /// <summary>Whether its value is sent as a whole SPIFFE id, however short it was given.</summary>
    public bool IsPrincipal { get; private init; }

    public static Field Text(
        string option, string member, string description, bool required = false, params string[] aliases) =>
        Of(
            new Option<string?>(option, aliases) { Description = description, Required = required, HelpName = "TEXT" },
            member,
            value => value);

    /// <summary>An identity or operator; <c>agent/billing</c> is short for it in our own trust domain.</summary>
    public static Field Principal(string option, string member, string description) =>
        Text(option, member, description) with { IsPrincipal = true };

    /// <summary>A file's name or another text that is shown with a name of its own in the help.</summary>
    public static Field OneOf(string option, string member, string description, params string[] values)
    {
        var choice = new Option<string?>(option) { Description = description, HelpName = string.Join('|', values) };
        choice.AcceptOnlyFromAmong(values);
        return Of(choice, member, value => value);
    }

    public static Field Number(string option, string member, string description) =>
        Of(new Option<int?>(option) { Description = description, HelpName = "N" }, member, v => v);

    /// <summary>True when given, absent when not: what is not said is not changed.</summary>
    public static Field Flag(string option, string member, string description) =>
        Of(new Option<bool?>(option) { Description = description, HelpName = "true|false" }, member, v => v);

    /// <summary>May be given several times.</summary>
    public static Field Texts(string option, string member, string description, string name = "TEXT") =>
        Of(new Option<string[]?>(option) { Description = description + " Repeatable.", HelpName = name }, member,
            values => values is { Length: > 0 } ? new JsonArray([.. values.Select(value => (JsonNode)value)]) : null);

    /// <summary>KEY=VALUE, several times, as an object.</summary>
    public static Field Labels(string option, string member, string description)
    {
        var labels = new Option<string[]?>(option)
        {
            Description = description + " Repeatable.",
            HelpName = "KEY=VALUE",
        };
        labels.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.IndexOf('=') < 1) is { } wrong)
                result.AddError($"“{wrong.Value}” is not of the form KEY=VALUE.");
        });
        return Of(labels, member, values => values is { Length: > 0 }
            ? new JsonObject(values.Select(v => v.Split('=', 2)).DistinctBy(v => v[0], StringComparer.Ordinal)
                .Select(v => KeyValuePair.Create(v[0], (JsonNode?)v[1])))
            : null);
    }

    /// <summary>A span such as 90s, 30m, 8h or 90d, sent as a whole number of the unit.</summary>
    public static Field Span(string option, string member, string description, TimeSpan unit)
    {
        var span = new Option<TimeSpan?>(option)
        {
            Description = description,
            HelpName = "90s|30m|8h|90d",
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (TryParseSpan(text) is { } value && value >= unit)
                    return value;
                result.AddError($"“{text}” is no span of time: write 90s, 30m, 8h or 90d.");
                return null;
            },
        };
        return Of(span, member, value => value is { } given ? (long)(given / unit) : null);
    }

    public static TimeSpan? TryParseSpan(string text)
    {
        if (text is not [.. var digits, var unit]
            || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }


        return unit switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(count),
            _ => null,
        };
    }

    private static Field Of<T>(Option<T> option, string member, Func<T?, JsonNode?> toJson) =>
        new(member, option, parsed => parsed.GetResult(option) is null ? null : toJson(parsed.GetValue(option)));
}
