namespace Writ.Cli;

/// <summary>The command was not given as it must be; the text says how.</summary>
internal sealed class UsageException(string message) : Exception(message);
