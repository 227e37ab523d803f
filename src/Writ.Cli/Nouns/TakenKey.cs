using System.Text.Json.Nodes;

namespace Writ.Cli.Nouns;

/// <summary>
/// A key on its way to the broker. A private key that was made for it is deleted again unless the broker took the
/// public one: a file that no identity knows would only mislead.
/// </summary>
internal sealed class TakenKey(JsonObject? json, string? newFile = null) : IDisposable
{
    private bool _isKept = newFile is null;

    /// <summary>What the broker is told; null when no key was chosen.</summary>
    public JsonObject? Json => json;

    public void Keep() => _isKept = true;

    public void Dispose()
    {
        if (!_isKept)
            File.Delete(newFile!);
    }
}
