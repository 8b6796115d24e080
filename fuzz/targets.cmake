# How fuzz targets are made. Included before all directories, so that each may make some.
#
#	vma_fuzz_target(NAME SOURCE [PROGRAM PREFIX-BYTES] [LIBRARIES...] [LIVE] [ENDS-IN FUNCTION]
#			[RUNS N])
#
# NAME is driven by VMA_ENGINE. With PROGRAM its inputs are programs in bytes behind so many others:
# then it has the mutator that knows operations, its seeds are the corpus in bytes (seeds/NAME), and
# beside it lies NAME_mutator.so for AFL++. NAME.options is there if this directory has one of the
# source's name. Each has a smoke test: over its seeds, and over inputs that the engine makes of
# them (RUNS, 3000). LIVE: it needs this machine's kernel. ENDS-IN: it must fail, in this function.
add_custom_target(fuzz-targets)
set(VMA_FUZZ_DIR ${CMAKE_CURRENT_LIST_DIR})

# AddressSanitizer of older compilers does not survive the widest randomisation of addresses.
set(VMA_FUZZ_LAUNCHER "")
if(VMA_SANITIZE)
	execute_process(COMMAND sysctl -n vm.mmap_rnd_bits OUTPUT_VARIABLE bits ERROR_QUIET)
	if(bits GREATER 28)
		set(VMA_FUZZ_LAUNCHER setarch -R)
	endif()
endif()

function(vma_fuzz_seeds name prefix)
	file(GLOB_RECURSE programs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/corpus/*.vma)
	set(seeds ${PROJECT_BINARY_DIR}/seeds/${name})
	add_custom_command(OUTPUT ${seeds}.stamp
		COMMAND ${CMAKE_COMMAND} -E rm -rf ${seeds}
		COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/seeds
		COMMAND ${VMA_FUZZ_LAUNCHER} $<TARGET_FILE:corpus_encode> ${prefix} ${seeds}
			${PROJECT_SOURCE_DIR}/corpus
		COMMAND ${CMAKE_COMMAND} -E touch ${seeds}.stamp
		DEPENDS corpus_encode ${programs} VERBATIM)
	add_custom_target(${name}-seeds DEPENDS ${seeds}.stamp)
	add_dependencies(${name} ${name}-seeds)
endfunction()

# AFL++ loads it into itself: it is never instrumented.
function(vma_fuzz_afl_mutator name prefix)
	add_library(${name}_mutator MODULE ${VMA_FUZZ_DIR}/mutator_afl.c
		$<TARGET_OBJECTS:vmafuzz_mutate_pic>)
	target_link_libraries(${name}_mutator PRIVATE vmafuzz_warnings)
	target_compile_definitions(${name}_mutator PRIVATE FUZZ_PREFIX_BYTES=${prefix})
	target_link_options(${name}_mutator PRIVATE LINKER:-z,defs)
	set_target_properties(${name}_mutator PROPERTIES PREFIX ""
		LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
	vma_fuzz_no_instrumentation(${name}_mutator)
	add_dependencies(${name} ${name}_mutator)
endfunction()

function(vma_fuzz_no_instrumentation target)
	if(VMA_ENGINE STREQUAL afl)
		set(plain ${CMAKE_COMMAND} -E env AFL_NOOPT=1)
		set_target_properties(${target} PROPERTIES C_COMPILER_LAUNCHER "${plain}"
			C_LINKER_LAUNCHER "${plain}")
	endif()
endfunction()

# The flags for libFuzzer that NAME.options has: OSS-Fuzz reads that file by itself.
function(vma_fuzz_options name source out)
	set(flags "")
	get_filename_component(stem ${source} NAME_WE)
	if(EXISTS ${VMA_FUZZ_DIR}/${stem}.options)
		configure_file(${VMA_FUZZ_DIR}/${stem}.options
			${PROJECT_BINARY_DIR}/${name}.options COPYONLY)
		file(STRINGS ${VMA_FUZZ_DIR}/${stem}.options lines
			REGEX "^(max_len|len_control|dict) = ")
		foreach(line ${lines})
			string(REPLACE " = " "=" flag "-${line}")
			string(REPLACE "-dict=" "-dict=${PROJECT_BINARY_DIR}/" flag ${flag})
			list(APPEND flags ${flag})
		endforeach()
	endif()
	set(${out} ${flags} PARENT_SCOPE)
endfunction()

# The smoke test, by engine.
function(vma_fuzz_test name seeds runs flags ends_in)
	set(target ${VMA_FUZZ_LAUNCHER} $<TARGET_FILE:${name}>)
	if(ends_in)
		# CTest would take the signal for a failure, whatever was printed.
		set(target sh -c "\"$0\" \"$@\" || :" ${target})
	endif()
	if(VMA_ENGINE STREQUAL standalone)
		add_test(NAME ${name} COMMAND ${target} --mutate ${runs} --seed 1 ${seeds})
	elseif(VMA_ENGINE STREQUAL libfuzzer)
		# What libFuzzer finds goes into the first directory: not the repository's.
		set(found ${PROJECT_BINARY_DIR}/found/${name})
		set(crashes ${PROJECT_BINARY_DIR}/crashes/${name}/)
		file(MAKE_DIRECTORY ${found} ${crashes})
		add_test(NAME ${name} COMMAND ${target} -runs=${runs} -seed=1 ${flags}
			-artifact_prefix=${crashes} ${found} ${seeds})
	else()
		add_test(NAME ${name} COMMAND sh -c
			"find \"$0\" -type f ! -name '*.md' -exec \"$@\" '{}' +" ${seeds} ${target})
	endif()
	if(ends_in)
		set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION ${ends_in})
	endif()
endfunction()

function(vma_fuzz_target name source)
	cmake_parse_arguments(PARSE_ARGV 2 arg "LIVE" "PROGRAM;ENDS-IN;RUNS" "LIBRARIES")
	add_executable(${name} ${VMA_FUZZ_DIR}/${source})
	target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} vmafuzz_fuzz vmafuzz_options)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
	add_dependencies(fuzz-targets ${name})
	if(VMA_ENGINE STREQUAL standalone)
		target_sources(${name} PRIVATE ${VMA_FUZZ_DIR}/driver_standalone.c)
	else()
		# Makes libFuzzer, or afl-clang-fast's own driver, a part of it.
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	endif()
	vma_fuzz_options(${name} ${source} flags)
	set(seeds ${PROJECT_SOURCE_DIR}/corpus)
	if(DEFINED arg_PROGRAM)
		target_compile_definitions(${name} PRIVATE FUZZ_PREFIX_BYTES=${arg_PROGRAM})
		if(NOT VMA_ENGINE STREQUAL afl)
			target_sources(${name} PRIVATE ${VMA_FUZZ_DIR}/mutator_libfuzzer.c)
		endif()
		set(seeds ${PROJECT_BINARY_DIR}/seeds/${name})
		vma_fuzz_seeds(${name} ${arg_PROGRAM})
		vma_fuzz_afl_mutator(${name} ${arg_PROGRAM})
	endif()
	if(NOT DEFINED arg_RUNS)
		set(arg_RUNS 3000)
	endif()
	vma_fuzz_test(${name} ${seeds} ${arg_RUNS} "${flags}" "${arg_ENDS-IN}")
	if(arg_LIVE)
		set_tests_properties(${name} PROPERTIES LABELS live RUN_SERIAL ON
			SKIP_RETURN_CODE 77)
	else()
		set_tests_properties(${name} PROPERTIES LABELS smoke)
	endif()
	set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

# The target fuzz_kernel_6_12 for version 6.12, whose memory management LIBRARY has in this process.
# Its test is over the seeds alone: what else it finds is a bug of that kernel, and news.
function(vma_fuzz_kernel_target version library)
	string(REPLACE "." "_" suffix ${version})
	vma_fuzz_target(fuzz_kernel_${suffix} fuzz_kernel.c PROGRAM 0 RUNS 0
		LIBRARIES ${library})
endfunction()
