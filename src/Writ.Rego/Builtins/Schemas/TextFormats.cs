using System.Net.Mail;
using Writ.Rego.Builtins.Net;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Builtins.Time;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>The formats of JSON schema draft 7 §7.3 that are checked; others are taken as they are.</summary>
internal static class TextFormats
{
    private const string Label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";

    public static bool Fits(string format, string text) => format switch
    {
        "date" => IsTime("2006-01-02", text),
        "time" => IsTime("15:04:05", text) || IsTime("15:04:05Z07:00", text),
        "date-time" => IsTime(TimeLayout.Rfc3339, text),
        "hostname" => text.Length is > 0 and < 256 && Matches($@"^{Label}(?:\.{Label})*$", text),
        "email" or "idn-email" => MailAddress.TryCreate(text, out var address) && address.Address == text,
        "ipv4" => IpNetwork.TryParseAddress(text) is { IsV6: false } && text.Contains('.', StringComparison.Ordinal),
        "ipv6" => text.Contains(':', StringComparison.Ordinal) && IpNetwork.TryParseAddress(text) is not null,
        "uri" or "iri" => Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && text.StartsWith(uri.Scheme, StringComparison.OrdinalIgnoreCase)
            && !text.Contains('\\', StringComparison.Ordinal),
        "uri-reference" or "iri-reference" =>
            Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out _) && !text.Contains('\\', StringComparison.Ordinal),
        "uuid" => Matches("^(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", text),
        "regex" => text.Length == 0 || IsRegex(text),
        "json-pointer" => Matches("^(?:/(?:[^~/]|~0|~1)*)*$", text),
        "relative-json-pointer" => Matches("^(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~0|~1)*)*)$", text),
        _ => true,
    };

    private static bool Matches(string pattern, string text) => Re2Regex.Parse(pattern).IsMatch(text);

    private static bool IsTime(string layout, string text) => Succeeds(() => TimeReader.Read(layout, text));

    private static bool IsRegex(string text) => Succeeds(() => Re2Regex.Parse(text));

    private static bool Succeeds<T>(Func<T> read)
    {
        try
        {
            read();
            return true;
        }
        catch (BuiltinError)
        {
            return false;
        }
    }
}
