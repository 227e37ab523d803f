namespace Writ.Client;

/// <summary>What <see cref="DecisionExtensions.AddWritDecisions"/> needs to know, as the user writes it.</summary>
public sealed class DecisionOptions
{
    /// <summary>
    /// The folder in which decisions wait for the broker, on a disk that survives a crash; made if there is none, mode
    /// 0700. One process at a time.
    /// </summary>
    public string SpoolFolder { get; set; } = "";

    /// <summary>How many bytes may wait there; beyond it the answer is no. At least 1 MiB.</summary>
    public long MaxSpoolBytes { get; set; } = 256 * 1024 * 1024;
}
