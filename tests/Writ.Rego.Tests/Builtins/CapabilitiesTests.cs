using System.Text.Json;
using Writ.Rego.Builtins;

namespace Writ.Rego.Tests.Builtins;

public class CapabilitiesTests
{
    /// <summary>Not there, or of another type, each for its reason.</summary>
    private static readonly string[] Absent =
    [
        // The network: an operator's choice, absent by default.
        "http.send", "net.lookup_ip_addr",

        // Takes arrays too since OPA 1.13: the list is older.
        "json.match_schema",
    ];

    [Fact]
    public void Every_builtin_that_OPA_lists_is_there_with_its_type()
    {
        if (!Vectors.TryRead("opa/capabilities-1.6.0-dev.json", out var json))
        {
            return;
        }

        var wanted = json.GetProperty("builtins").EnumerateArray()
            .Where(builtin => !Absent.Contains(NameOf(builtin)))
            .Select(builtin => $"{NameOf(builtin)}{Function(builtin.GetProperty("decl"))}{Marks(builtin)}");
        var ours = BuiltinRegistry.Standard.All.Select(Shown).ToHashSet();
        string[] missing = [.. wanted.Where(builtin => !ours.Contains(builtin))];
        Assert.Equal([], missing);
    }

    private static string NameOf(JsonElement builtin) => builtin.GetProperty("name").GetString()!;

    private static string Shown(Builtin builtin) =>
        $"{builtin}{(builtin.Infix is { } infix ? $" infix {infix}" : "")}{(builtin.IsRelation ? " relation" : "")}"
        + (builtin.IsDeterministic ? "" : " nondeterministic");

    private static string Marks(JsonElement builtin) =>
        (builtin.TryGetProperty("infix", out var infix) ? $" infix {infix.GetString()}" : "")
        + (builtin.TryGetProperty("relation", out _) ? " relation" : "")
        + (builtin.TryGetProperty("nondeterministic", out _) ? " nondeterministic" : "");

    private static string Function(JsonElement type)
    {
        var arguments = List(type, "args").Select(Shown);
        string[] more = type.TryGetProperty("variadic", out var variadic) ? [$"{Shown(variadic)}..."] : [];
        var result = type.TryGetProperty("result", out var given) ? $" => {Shown(given)}" : "";
        return $"({string.Join(", ", arguments.Concat(more))}){result}";
    }

    private static string Shown(JsonElement type) => type.GetProperty("type").GetString() switch
    {
        "any" => "any" + Angled(List(type, "of").Select(Shown)),
        "set" => $"set[{Shown(type.GetProperty("of"))}]",
        "array" => "array" + Angled(List(type, "static").Select(Shown))
            + (type.TryGetProperty("dynamic", out var items) ? $"[{Shown(items)}]" : ""),
        "object" => "object"
            + Angled(List(type, "static").Select(p => $"{p.GetProperty("key")}: {Shown(p.GetProperty("value"))}"))
            + (type.TryGetProperty("dynamic", out var others)
                ? $"[{Shown(others.GetProperty("key"))}: {Shown(others.GetProperty("value"))}]"
                : ""),
        var scalar => scalar!,
    };

    private static string Angled(IEnumerable<string> types) => types.ToArray() is { Length: > 0 } some
        ? $"<{string.Join(", ", some)}>"
        : "";

    private static IEnumerable<JsonElement> List(JsonElement type, string name) =>
        type.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];
}
