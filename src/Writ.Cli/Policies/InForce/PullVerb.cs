using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy pull</c>: writes a version of the broker's policy into a folder, as it can be pushed again.
/// </summary>
internal static class PullVerb
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create(Verbs verbs)
    {
        var folder = new Argument<string>("folder") { Description = "Where to; it must be empty, or not be there." };
        var version = new Option<string>("--version")
        {
            Description = "Which: live, shipped, or a digest.",
            HelpName = "VERSION",
            DefaultValueFactory = _ => "live",
        };
        return verbs.Of("pull", "Writes a version of the broker's policy into a folder.", async call =>
        {
            var root = Path.GetFullPath(call.Get(folder), call.Outside.Folder);
            if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
                throw new UnableException($"{call.Get(folder)} is not empty.");
            var answer = await call.SendAsync(
                HttpMethod.Get, $"/v1/policies/{Uri.EscapeDataString(call.Get(version)!)}");
            var written = Write(root, answer);
            call.Print.Done($"{written} files of {answer["digest"]} are in {call.Get(folder)}.", answer);
        }, folder, version);
    }

    private static int Write(string root, JsonObject policy)
    {
        Directory.CreateDirectory(root);
        var files = policy["files"]!.AsArray();
        foreach (var file in files)
        {
            Put(root, (string)file!["name"]!, (string)file["text"]!);
        }

        Put(root, "data.json", policy["data"]!.ToJsonString(Indented) + "\n");
        var old = files.Where(file => (int?)file!["version"] is 0).Select(file => (string)file!["name"]!).ToArray();
        if (old.Length > 0)
            Put(root, ".manifest", Manifest(old));
        return files.Count + 1;
    }

    /// <summary>A folder alone does not say that some of its modules are in the syntax of OPA before 1.0.</summary>
    private static string Manifest(string[] old) => new JsonObject
    {
        ["roots"] = new JsonArray(""),
        ["rego_version"] = 1,
        ["file_rego_versions"] = new JsonObject(
            old.Select(name => KeyValuePair.Create($"/{name.TrimStart('/')}", (JsonNode?)JsonValue.Create(0)))),
    }.ToJsonString(Indented) + "\n";

    /// <summary>The broker gives the names, which whoever pushed them chose: none leaves the folder.</summary>
    private static void Put(string root, string name, string text)
    {
        var path = Path.GetFullPath(Path.Combine(root, name.TrimStart('/')));
        if (!path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) || File.Exists(path))
            throw new UnableException($"The file {name} cannot be written below {root}.");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
