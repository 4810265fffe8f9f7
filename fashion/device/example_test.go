package device_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"fashionlab/fashion/device"
)

// device.System{}.NVIDIA() describes the GPUs of this machine.
func ExampleNVIDIA_String() {
	gpus := device.NVIDIA{
		Files:  []string{"/dev/nvidia0", "/dev/nvidia1"},
		Names:  []string{"NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3"},
		Driver: "580.65.06",
	}
	fmt.Println(gpus)
	// Output: 2 x NVIDIA H100 80GB HBM3, driver 580.65.06
}

func ExampleSystem_CPU() {
	root, err := os.MkdirTemp("", "fashionlab-example-") // instead of this machine's file system
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o777); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "proc", "cpuinfo"), []byte("model name : AMD EPYC\n"), 0o666); err != nil {
		log.Fatal(err)
	}
	cpu := device.System{Root: root}.CPU() // "cpu: AMD EPYC, 2 cores" on a machine with two
	fmt.Println(cpu[:len("cpu: AMD EPYC")])
	// Output: cpu: AMD EPYC
}

func ExampleFindCPUPlugin() {
	folder, err := os.MkdirTemp("", "fashionlab-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	fmt.Printf("%q\n", device.FindCPUPlugin([]string{folder}))
	if err := os.WriteFile(filepath.Join(folder, device.CPUPlugin), nil, 0o666); err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.Base(device.FindCPUPlugin([]string{folder})))
	// Output:
	// ""
	// pjrt_c_api_cpu_plugin.so
}
