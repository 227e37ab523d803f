namespace Writ.Cli.Dev;

/// <summary>The sample did not go as it must.</summary>
internal sealed class SampleFaultException(string message) : Exception(message);
