using System.Globalization;

namespace Writ.Cli.Doctor;

/// <summary>What can be seen on this machine.</summary>
internal static class LocalChecks
{
    private const long EnoughBytes = 1L << 30;

    /// <summary>What of the data folder is the broker's alone.</summary>
    private static readonly string[] DataSecrets =
        ["kek", "writ.db", "writ.db-wal", "writ.db-shm", "bootstrap.sock", "ca"];

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Secrets are their owner's alone (promise P6).</summary>
    public static Task<Verdict> FilesAsync(Patient patient)
    {
        var exposed = Secrets(patient)
            .Where(path => File.Exists(path) || Directory.Exists(path))
            .Where(path => IsOpen(path) && (Path.GetDirectoryName(path) is not { } above || IsOpen(above)))
            .ToList();
        return Task.FromResult<Verdict>(exposed.Count == 0
            ? new Verdict.Fine("keys and profiles are their owner's alone")
            : new Verdict.Wrong(
                $"others can open {string.Join(", ", exposed)}",
                $"chmod go-rwx {string.Join(' ', exposed)} — and rotate what was exposed."));
    }

    public static Task<Verdict> DiskAsync(Patient patient)
    {
        if (patient.DataFolder is not { } folder)
            return Task.FromResult<Verdict>(new Verdict.Unseen("no data folder here; --data-dir names one"));
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / 1e9:N1} GB free for {folder}");
        return Task.FromResult<Verdict>(free >= EnoughBytes
            ? new Verdict.Fine(text)
            : new Verdict.Wrong(text, "Make room: a full disk means 503, no record and so no token."));
    }

    /// <summary>Plain http is for loopback alone.</summary>
    public static Task<Verdict> ListeningAsync(Patient patient)
    {
        var addr = patient.Addr;
        if (addr.Scheme == Uri.UriSchemeHttp && !addr.IsLoopback)
        {
            return Task.FromResult<Verdict>(new Verdict.Wrong(
                $"{addr} is plain http", "Serve https (tls_listen), or listen on loopback only."));
        }

        if (!addr.IsLoopback)
            return Task.FromResult<Verdict>(new Verdict.Unseen("the broker is on another machine"));
        var open = Listeners("/proc/net/tcp").Concat(Listeners("/proc/net/tcp6"))
            .Where(listener => listener.Port == addr.Port)
            .ToList();
        if (open.Count == 0)
            return Task.FromResult<Verdict>(new Verdict.Wrong($"nothing is on port {addr.Port}", "writ server start"));
        var isWide = addr.Scheme == Uri.UriSchemeHttp && open.Exists(listener => !listener.IsLoopback);
        return Task.FromResult<Verdict>(isWide
            ? new Verdict.Wrong(
                $"port {addr.Port} is open to the network in plain http",
                "Set listen to 127.0.0.1, and tls_listen for the network.")
            : new Verdict.Fine($"port {addr.Port}, on loopback"));
    }

    // What lies in a closed folder is closed.
    private static bool IsOpen(string path) => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;

    private static IEnumerable<string> Secrets(Patient patient)
    {
        List<string> paths = [patient.Home.Folder, patient.Home.ProfileFile, patient.Home.KeyFile];
        if (patient.Call.Outside.Variable("WRIT_KEY") is { } key)
            paths.Add(Path.GetFullPath(key, patient.Call.Outside.Folder));
        if (patient.DataFolder is { } data)
        {
            paths.Add(data);
            paths.AddRange(DataSecrets.Select(name => Path.Combine(data, name)));
        }

        return paths;
    }

    // proc(5): address:port in hex, the state 0A is LISTEN; IPv4 in the byte order of the machine, so 127.x ends in 7F.
    private static IEnumerable<(int Port, bool IsLoopback)> Listeners(string table)
    {
        if (!File.Exists(table))
            yield break;
        foreach (var line in File.ReadLines(table).Skip(1))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [_, var local, _, "0A", ..]
                || local.Split(':') is not [var address, var port])
            {
                continue;
            }

            var isLoopback = address.Length == 8
                ? address.EndsWith("7F", StringComparison.Ordinal)
                : address is "00000000000000000000000001000000"
                    || (address.StartsWith("0000000000000000FFFF0000", StringComparison.Ordinal)
                        && address.EndsWith("7F", StringComparison.Ordinal));
            yield return (int.Parse(port, NumberStyles.HexNumber, CultureInfo.InvariantCulture), isLoopback);
        }
    }
}
