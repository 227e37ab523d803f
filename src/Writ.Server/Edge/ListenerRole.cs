namespace Writ.Server.Edge;

/// <summary>Which listener a connection came in by; a feature of the connection.</summary>
/// <param name="IsManagement">Serves health and metrics, and nothing else.</param>
/// <param name="ServesMetrics">Metrics are for operators: on the management listener, else on a plain one.</param>
public sealed record ListenerRole(bool IsManagement, bool ServesMetrics);
