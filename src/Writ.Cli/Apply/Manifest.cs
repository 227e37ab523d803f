using System.Text.Json.Nodes;

namespace Writ.Cli.Apply;

/// <summary>One document: something that shall be in a register, and how.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name.</param>
/// <param name="Members">The members of the API that metadata and spec give, without the name.</param>
/// <param name="Source">File and line, for messages.</param>
internal sealed record Manifest(ManifestKind Kind, string Name, JsonObject Members, string Source)
{
    public override string ToString() => $"{Kind.Name} {Name}";
}
