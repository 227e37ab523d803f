using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Server.Policies;

/// <summary>A policy as it is stored: its modules and documents as one JSON object.</summary>
internal static partial class PolicyContent
{
    public static string Write(PolicySet files) => new JsonObject
    {
        ["files"] = new JsonArray([.. files.Files.OrderBy(f => f.Name, StringComparer.Ordinal).Select(File)]),
        ["data"] = JsonNode.Parse(files.Data.ToJson()),
    }.ToJsonString();

    public static PolicySet Read(string content)
    {
        using var document = JsonDocument.Parse(content);
        var root = document.RootElement;
        return new PolicySet(
            [.. root.GetProperty("files").EnumerateArray().Select(File)],
            (RegoObject)RegoValue.ParseJson(root.GetProperty("data").GetRawText()));
    }

    /// <summary>The names of its rules, without compiling it: of each module the package, which nothing precedes but
    /// comments.</summary>
    public static IEnumerable<string> RulesOf(PolicySet files) => files.Files
        .Where(file => !PolicyVersion.IsTest(file.Name))
        .Select(file => RulePackage().Match(file.Text)).Where(found => found.Success)
        .Select(found => found.Groups["name"].Value)
        .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    [GeneratedRegex(
        @"\A(\s|#.*\n)*package\s+writ\.rules\.(?<name>[A-Za-z][A-Za-z0-9_]*)\s",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex RulePackage();

    private static JsonNode File(PolicyFile file) => new JsonObject
    {
        ["name"] = file.Name,
        ["text"] = file.Text,
        ["version"] = file.Version switch { RegoVersion.V0 => 0, RegoVersion.V1 => 1, _ => null },
    };

    private static PolicyFile File(JsonElement file) => new(
        file.GetProperty("name").GetString()!,
        file.GetProperty("text").GetString()!,
        file.GetProperty("version") switch
        {
            { ValueKind: JsonValueKind.Null } => null,
            var version => version.GetInt32() == 0 ? RegoVersion.V0 : RegoVersion.V1,
        });
}
