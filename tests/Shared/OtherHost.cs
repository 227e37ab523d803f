using System.Net;
using System.Security.Cryptography;

namespace Writ.Testing;

/// <summary>
/// Another host, as far as the network goes: a namespace of its own with its own loopback, joined to this host by one
/// cable. Needs root.
/// </summary>
public sealed class OtherHost : IAsyncDisposable
{
    private readonly string _name = $"writ-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";

    private OtherHost(IPAddress address) => HereAddress = address;

    /// <summary>This host's end of the cable: what the other host reaches it by.</summary>
    public IPAddress HereAddress { get; }

    public static async Task<OtherHost> ConnectAsync()
    {
        // Four addresses out of the range that RFC 2544 sets aside for test networks.
        var net = RandomNumberGenerator.GetBytes(2);
        var first = (byte)(net[1] & 0xFC);
        var host = new OtherHost(new IPAddress([198, 18, net[0], (byte)(first + 1)]));
        var there = new IPAddress([198, 18, net[0], (byte)(first + 2)]);
        var (near, far) = ($"w{host._name[5..]}a", $"w{host._name[5..]}b");
        try
        {
            await IpAsync("netns", "add", host._name);
            await IpAsync("link", "add", near, "type", "veth", "peer", "name", far, "netns", host._name);
            await IpAsync("addr", "add", $"{host.HereAddress}/30", "dev", near);
            await IpAsync("link", "set", near, "up");
            await IpAsync("-n", host._name, "addr", "add", $"{there}/30", "dev", far);
            await IpAsync("-n", host._name, "link", "set", far, "up");
            await IpAsync("-n", host._name, "link", "set", "lo", "up");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a program over there, on the same files.</summary>
    public Task<Command> RunAsync(string program, params string[] arguments) =>
        Command.RunAsync("ip", ["netns", "exec", _name, program, .. arguments]);

    public async ValueTask DisposeAsync() => await Command.RunAsync("ip", ["netns", "del", _name]);

    private static async Task IpAsync(params string[] arguments)
    {
        var result = await Command.RunAsync("ip", arguments);
        if (result.ExitCode != 0)
            throw new InvalidOperationException(
                $"This test needs a network of its own, as root: ip {string.Join(' ', arguments)}: {result.Errors}");
    }
}
