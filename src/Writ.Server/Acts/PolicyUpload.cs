using System.Text.Json;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Server.Acts;

/// <summary>A body that brings a policy along.</summary>
public abstract record PolicyUpload
{
    private const int MaxFiles = 1000;
    private const int MaxName = 512;

    /// <summary>Its modules, tests among them.</summary>
    public IReadOnlyList<PushedFile>? Files { get; init; }
    /// <summary>The documents below <c>data</c>.</summary>
    public JsonElement? Data { get; init; }

    /// <summary>The policy; or what is wrong with how it was sent.</summary>
    internal (PolicySet? Files, string? Fault) ToPolicy()
    {
        if (Files is not { Count: > 0 and <= MaxFiles } given) return (null, $"files are 1 to {MaxFiles} modules.");
        foreach (var file in given)
            if (file is not { Name.Length: > 0 and <= MaxName, Text: not null, Version: null or 0 or 1 })
                return (null, "Each file has a name, a text, and the version 0 or 1, or none.");
        if (given.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return (null, $"The file {twice.Key} is there twice.");
        if (Data is { ValueKind: not JsonValueKind.Object }) return (null, "data is an object.");
        RegoObject data;
        try
        {
            data = Data is { } documents ? (RegoObject)RegoValue.ParseJson(documents.GetRawText()) : RegoObject.Empty;
        }
        catch (FormatException e)
        {
            return (null, $"data cannot be read: {e.Message}");
        }
        var files = given.Select(f => new PolicyFile(f.Name!, f.Text!, VersionOf(f.Version)));
        return (new PolicySet([.. files], data), null);
    }

    private static RegoVersion? VersionOf(int? version) =>
        version switch { 0 => RegoVersion.V0, 1 => RegoVersion.V1, _ => null };
}

/// <summary>A module.</summary>
/// <param name="Name">Its path within the policy, as errors name it.</param>
/// <param name="Text">Its text.</param>
/// <param name="Version">The syntax: 0 or 1; null: 1, unless it says so itself.</param>
public sealed record PushedFile(string? Name, string? Text, int? Version);
