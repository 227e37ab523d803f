namespace Writ.Cli;

/// <summary>The command cannot be carried out as it was given; the text says what to do about it.</summary>
internal sealed class UsageException(string message) : Exception(message);
