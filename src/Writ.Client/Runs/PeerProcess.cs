using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Writ.Client;

/// <summary>
/// Finds out whether the other end of a loopback connection belongs to a descendant of a process: the socket's inode by
/// /proc/net/tcp, its owner by /proc/PID/fd, the ancestry by /proc/PID/stat.
/// </summary>
/// <remarks>
/// A snapshot, not a lock: between two of these readings a process can end and its number be given to another, and a
/// descendant can hand its socket to anybody. The check keeps out strangers who got hold of the run's key; it is no
/// wall between processes of one user that work together (SECURITY.md).
/// </remarks>
internal sealed class PeerProcess(int root)
{
    private const string Proc = "/proc";

    /// <summary>Whether a descendant of the root, not the root itself, holds the far end.</summary>
    internal bool IsDescendant(IPEndPoint near, IPEndPoint far)
    {
        // From the peer's side the addresses are the other way round.
        if (InodeOf(local: far, remote: near) is not { } inode)
            return false;
        var link = $"socket:[{inode}]";
        return Descendants().Any(pid => Holds(pid, link));
    }

    private static string? InodeOf(IPEndPoint local, IPEndPoint remote) =>
        Find("/proc/net/tcp", Hex(local, mapped: false), Hex(remote, mapped: false))
        ?? Find("/proc/net/tcp6", Hex(local, mapped: true), Hex(remote, mapped: true));

    // proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
    private static string? Find(string table, string local, string remote)
    {
        const int inodeColumn = 9;
        if (!File.Exists(table))
            return null;
        foreach (var line in File.ReadLines(table))
        {
            if (!line.Contains(local, StringComparison.Ordinal))
                continue;
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > inodeColumn && columns[1] == local && columns[2] == remote)
                return columns[inodeColumn];
        }

        return null;
    }

    // The kernel prints addresses as 32-bit words in the machine's order, ports in network order.
    private static string Hex(IPEndPoint end, bool mapped)
    {
        var address = end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address;
        if (mapped && address.AddressFamily == AddressFamily.InterNetwork)
            address = address.MapToIPv6();
        var bytes = address.GetAddressBytes();
        var text = "";
        for (var word = 0; word < bytes.Length; word += sizeof(uint))
            text += BitConverter.ToUInt32(bytes, word).ToString("X8", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{text}:{end.Port:X4}");
    }

    private List<int> Descendants()
    {
        var children = ProcessIds().ToLookup(ParentOf);
        var found = new List<int>();
        var waiting = new Queue<int>([root]);
        while (waiting.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                found.Add(child);
                waiting.Enqueue(child);
            }
        }

        return found;
    }

    private static IEnumerable<int> ProcessIds()
    {
        foreach (var folder in Directory.EnumerateDirectories(Proc))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                yield return pid;
        }
    }

    // proc(5): pid (comm) state ppid …; comm may hold anything, parentheses too.
    private static int ParentOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"{Proc}/{pid}/stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return -1; // gone
        }
    }

    private static bool Holds(int pid, string link)
    {
        try
        {
            var folder = string.Create(CultureInfo.InvariantCulture, $"{Proc}/{pid}/fd");
            return Directory.EnumerateFileSystemEntries(folder)
                .Any(descriptor => new FileInfo(descriptor).LinkTarget == link);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // gone, or of another user
        }
    }
}
