namespace Writ.Server.Audit;

/// <summary>What is stored is not what was signed, or not what must never be signed again. Nothing is signed until it
/// is mended, or the store restored.</summary>
public sealed class LogBrokenException(string code, string message) : Exception(message)
{
    /// <summary>Stable: <c>older_than_published</c>, <c>tree_damaged</c>, <c>records_missing</c>.</summary>
    public string Code => code;
}
