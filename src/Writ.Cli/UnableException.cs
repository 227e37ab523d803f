namespace Writ.Cli;

/// <summary>The command was right, and could not be carried out: something that it needs is missing or unfit. The text
/// says what to do about it.</summary>
internal sealed class UnableException(string message) : Exception(message);
