using Writ.Cli.Profiles;

namespace Writ.Cli.Dev;

/// <summary>What <c>writ dev</c> keeps: the broker's data, the operator's profile, keys, logs.</summary>
internal sealed record DevFolder(string Path)
{
    public string BootstrapSocket => In("bootstrap.sock");

    public string ServerLog => In("writ-server.log");

    public string OrdersLog => In("orders-api.log");

    /// <summary>Locked while a <c>writ dev</c> works here; the lock dies with its process.</summary>
    public string Lock => In("dev.lock");

    public WritHome Operator => new(In("operator"));

    public string KeyFile(string identity) => In($"keys/{identity[(identity.LastIndexOf('/') + 1)..]}.pem");

    public void Create()
    {
        Directory.CreateDirectory(Path, WritHome.FolderMode);
        Directory.CreateDirectory(In("keys"), WritHome.FolderMode);
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
