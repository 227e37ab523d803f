namespace Writ.Rego.Bundles;

/// <summary>A module that was found, not parsed yet.</summary>
/// <param name="Name">Its file, as errors name it.</param>
/// <param name="Text">Its text.</param>
/// <param name="Version">The syntax that its bundle says it is in; null when nothing was said.</param>
public sealed record PolicyFile(string Name, string Text, RegoVersion? Version = null);
